//! Probes of our own: an origin's health page, asked for on a cron trigger.

use super::memory::Memory;
use crate::wire::Timestamp;
use alloc::{format, string::String};

impl Memory {
    /// Notes what came of a probe: its status, 0 for none, and the start of its
    /// body. Returns the log line, if the origin was taken out or is back.
    #[must_use]
    pub fn probed(
        &mut self,
        origin: usize,
        status: u16,
        body: &str,
        told: Timestamp,
    ) -> Option<String> {
        let now = self.time(told);
        let rule = self.origins.guards().probe.as_ref()?;
        let good = status == rule.status && body.contains(rule.body.as_str());
        let was_out = self.origins.is_out(origin);
        self.origins.probed(origin, good, now, &mut self.random);
        (self.origins.is_out(origin) != was_out).then(|| {
            format!(
                "{{\"lastgood\":\"probe\",\"origin\":{origin},\"good\":{good},\"status\":{status}}}"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Value, parse};
    use alloc::vec;

    fn memory() -> Memory {
        let origin = Value::Text("https://origin.test".into());
        let rule = [
            ("path", Value::Text("/health".into())),
            ("body", Value::Text("all well".into())),
            ("rise", Value::Number(2.0)),
        ];
        let rule = rule.map(|(name, value)| (name.into(), value)).into();
        let table = Value::Table(vec![("probe".into(), Value::Table(rule))]);
        let (configuration, problems) = parse(&origin, &table);
        assert!(problems.is_empty());
        Memory::new(&configuration, 1)
    }

    #[test]
    fn thresholds_hold_and_only_changes_are_told() {
        let mut memory = memory();
        let mut minute = 0;
        let mut probed = |status, body: &str| {
            minute += 60;
            let line = memory.probed(0, status, body, Timestamp::from_secs(minute));
            (line.is_some(), memory.origins.is_out(0))
        };
        let well = (200, "yes, all well");
        assert_eq!(probed(well.0, well.1), (false, false));
        assert_eq!(probed(200, "all ill"), (false, false));
        assert_eq!(probed(well.0, well.1), (false, false));
        assert_eq!(probed(0, ""), (false, false));
        assert_eq!(probed(500, well.1), (true, true));
        assert_eq!(probed(500, well.1), (false, true));
        assert_eq!(probed(well.0, well.1), (false, true));
        assert_eq!(probed(500, well.1), (false, true));
        assert_eq!(probed(well.0, well.1), (false, true));
        assert_eq!(probed(well.0, well.1), (true, false));
    }

    #[test]
    fn a_good_real_answer_brings_it_back_at_once() {
        let (mut memory, at) = (memory(), Timestamp::from_secs);
        let line = (1..=2).find_map(|minute| memory.probed(0, 503, "", at(minute * 60)));
        let line = line.unwrap();
        assert_eq!(
            line,
            r#"{"lastgood":"probe","origin":0,"good":false,"status":503}"#
        );
        let quick = core::time::Duration::from_secs(1);
        memory.origins.begin(0, true, at(130));
        memory.origins.good(0, at(130), quick, at(131));
        assert!(!memory.origins.is_out(0));
    }
}
