//! The error pages of gateways as they are sent, and pages that look like them.
//!
//! A file's name says what it has to be recognised as: `maker.txt`,
//! `maker-status.txt` or `maker-status.sub.txt`; what follows a `_` tells files
//! apart. What is in `innocent/` is what a site may well want to show.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use lastgood::verdict::disguise::{Disguise, LONGEST, recognise};
use std::{collections::BTreeSet, fs, path::Path};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/disguises");

/// All of them, so that one that gets lost is missed.
const PAGES: &str = "
akamai-503.txt akamai.txt apache-502.txt apache-502_bad-gateway.txt apache-503.txt
apache-504.txt aws-api-gateway-504.txt aws-elb-502.txt aws-elb-503.txt aws-elb-504.txt
azure-application-gateway-502.txt azure-application-gateway-504.txt azure-front-door.txt
cloudflare-502.txt cloudflare-502_plain-page.txt cloudflare-522.txt
cloudflare-522_page.txt cloudflare-530.txt cloudflare-530_dns.txt cloudfront-502.txt
cloudfront-504.txt envoy-503.txt envoy-503_connect.txt envoy-504.txt fastly-500.txt
fastly-503.txt fastly-503_numbered.txt google-502.txt google-502_front-end.txt
gorouter-502.txt haproxy-502.txt haproxy-503.txt haproxy-504.txt heroku-503.txt
iis-502.3.txt iis-502.txt iis-503.txt kong-502.txt kong-502_page.txt kong-503.txt
kong-503_page.txt kong-504.txt kong-504_page.txt lighttpd-503.txt litespeed-503.txt
netlify-502.txt nginx-502.txt nginx-502_renamed.txt nginx-503.txt nginx-504.txt
nginx-unit-503.txt openresty-502.txt openshift-503.txt railway-502.txt squid-502.txt
squid-503.txt squid-504.txt squid_connect.txt squid_zero-size.txt tengine-502.txt
tengine-502_powered-by.txt traefik-502.txt traefik-503.txt traefik-503_breaker.txt
traefik-504.txt trafficserver-502.txt trafficserver-502_bad-response.txt
trafficserver-502_hangup.txt trafficserver-504.txt trafficserver-504_activity.txt
varnish-503.txt vercel-500.txt vercel-504.txt weblogic-503.txt
";

const INNOCENT: &str = "
band.txt bare-documentation.txt blog.txt closed.txt default-backend.txt
documentation.txt editor.txt glossary.txt hosting-help.txt interface.txt issue.txt
job.txt lines-of-a-log.txt list-of-codes.txt not-found-at-the-edge.txt not-found.txt
old-home-page.txt readme.txt script.txt search.txt shop.txt status-page.txt support.txt
too-many-requests.txt welcome.txt wiki.txt
";

/// What a page is recognised as, as the names of files say it.
fn name(found: Option<Disguise>) -> Option<String> {
    let Disguise {
        maker,
        status,
        sub_status,
    } = found?;
    let status = status.map(|status| format!("-{status}"));
    let sub_status = sub_status.map(|sub_status| format!(".{sub_status}"));
    Some(
        [Some(maker.to_owned()), status, sub_status]
            .map(Option::unwrap_or_default)
            .concat(),
    )
}

/// The files of a folder: name and text.
fn files(folder: &str, known: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(Path::new(DATA).join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    let found: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(found, known.split_whitespace().collect());
    files
}

#[test]
fn every_page_is_recognised() {
    for (file, page) in files("", PAGES) {
        let expected = file.trim_end_matches(".txt").split('_').next();
        // As it is here, as it is on the wire, and as something on the way may
        // have left it.
        let wire = page.replace('\n', "\r\n");
        for sent in [&page, &wire, page.trim_end(), &page.replace("\n<", "<")] {
            let found = name(recognise(sent.as_bytes()));
            assert_eq!(found.as_deref(), expected, "{file}:\n{sent}");
        }
    }
}

#[test]
fn no_page_is_recognised_in_a_quotation() {
    for (file, page) in files("", PAGES) {
        let escaped = page.replace('&', "&amp;").replace('<', "&lt;");
        for quoting in [
            format!("<!DOCTYPE html>\n<title>An error</title>\n<pre>{escaped}</pre>\n"),
            format!("<!DOCTYPE html>\n<title>An error</title>\n<textarea>{page}</textarea>\n"),
            format!("<html>\n<head><title>An error</title>\n<script>const page = `{page}`"),
            format!("# An error\n\n```\n{page}```\n"),
            format!("{{\"page\": {}}}", serde_json::to_string(&page).unwrap()),
        ] {
            assert_eq!(recognise(quoting.as_bytes()), None, "{file}:\n{quoting}");
        }
    }
}

#[test]
fn no_innocent_page_is_recognised() {
    for (file, page) in files("innocent", INNOCENT) {
        for sent in [&page, &page.replace('\n', "\r\n")] {
            assert_eq!(recognise(sent.as_bytes()), None, "{file}:\n{sent}");
        }
    }
}

#[test]
fn part_of_a_page_is_none_and_neither_is_a_long_one() {
    for (file, page) in files("", PAGES) {
        assert!(page.len() <= LONGEST, "{file}");
        let cut = page.get(..page.len().min(12) / 2).unwrap();
        assert_eq!(recognise(cut.as_bytes()), None, "{file}:\n{cut}");
        let long = page + &" ".repeat(LONGEST);
        assert_eq!(recognise(long.as_bytes()), None, "{file}");
    }
    for nothing in ["", " ", "\n", "<", "{", "*", "#", "error code: ###"] {
        assert_eq!(recognise(nothing.as_bytes()), None, "{nothing}");
    }
}
