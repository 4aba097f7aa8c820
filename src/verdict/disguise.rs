//! Error pages of gateways that arrive under a status that hides them.
//!
//! A proxy between the origin and us, or a framework that catches everything,
//! may send a 502 page as 200. Kept as the last good page it would be shown for
//! a day. The pages are few, small and old; each is known by what nothing else
//! says.

/// Texts that must all be in a body, for it to be this gateway's error page.
type Fingerprint = (&'static str, &'static [&'static str]);

const FINGERPRINTS: &[Fingerprint] = &[
    ("apache", &["<title>502 Proxy Error</title>"]),
    (
        "apache",
        &[
            "<title>503 Service Unavailable</title>",
            "<h1>Service Unavailable</h1>",
        ],
    ),
    (
        "aws-elb or nginx",
        &["<center><h1>502 Bad Gateway</h1></center>"],
    ),
    (
        "aws-elb or nginx",
        &["<center><h1>503 Service Temporarily Unavailable</h1></center>"],
    ),
    (
        "aws-elb or nginx",
        &["<center><h1>504 Gateway Time-out</h1></center>"],
    ),
    ("cloudflare", &["error code: 5"]),
    (
        "envoy",
        &["upstream connect error or disconnect/reset before headers"],
    ),
    ("envoy", &["no healthy upstream"]),
    (
        "haproxy",
        &[
            "<h1>502 Bad Gateway</h1>",
            "The server returned an invalid or incomplete response.",
        ],
    ),
    (
        "haproxy",
        &[
            "<h1>503 Service Unavailable</h1>",
            "No server is available to handle this request.",
        ],
    ),
    (
        "haproxy",
        &[
            "<h1>504 Gateway Time-out</h1>",
            "The server didn't respond in time.",
        ],
    ),
    ("heroku", &["herokucdn.com/error-pages/"]),
    (
        "iis",
        &[
            "502 - Web server received an invalid response while acting as a gateway or proxy server.",
        ],
    ),
    ("varnish", &["<h3>Guru Meditation:</h3>", "XID:"]),
];

/// No known error page is longer, in bytes; nothing longer is looked at.
pub const LONGEST: usize = 4096;

/// The gateway whose error page this is, if it is a known one. `body` is the
/// whole body; one above [`LONGEST`] is none.
///
/// ```
/// use lastgood::verdict::disguise::maker;
/// assert_eq!(maker("error code: 502"), Some("cloudflare"));
/// assert_eq!(maker("<h1>Our opening hours</h1>"), None);
/// ```
#[must_use]
pub fn maker(body: &str) -> Option<&'static str> {
    if body.len() > LONGEST {
        return None;
    }
    FINGERPRINTS
        .iter()
        .find(|(_, texts)| texts.iter().all(|text| holds(body, text)))
        .map(|(maker, _)| *maker)
}

/// Bytewise: the standard library's clever search weighs more than all of this.
fn holds(body: &str, text: &str) -> bool {
    body.as_bytes()
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_pages_are_known() {
        let check = |body: &str, expected: &str| assert_eq!(maker(body), Some(expected), "{body}");
        check(
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
             <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n",
            "aws-elb or nginx",
        );
        check(
            "<title>502 Proxy Error</title></head><body><h1>Proxy Error</h1>",
            "apache",
        );
        check(
            "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n",
            "haproxy",
        );
        check(
            "<h1>Error 503</h1><h3>Guru Meditation:</h3><p>XID: 32771</p>",
            "varnish",
        );
        check("error code: 522", "cloudflare");
        check("no healthy upstream", "envoy");
        check(
            "<iframe src=\"//www.herokucdn.com/error-pages/application-error.html\">",
            "heroku",
        );
    }

    #[test]
    fn pages_about_errors_are_pages() {
        for body in [
            "",
            "<h1>502 Bad Gateway</h1><p>What the status means",
            "nginx",
            "Varnish cache server",
        ] {
            assert_eq!(maker(body), None, "{body}");
        }
        let long = alloc::format!("error code: 502{}", " ".repeat(LONGEST));
        assert_eq!(maker(&long), None);
    }
}
