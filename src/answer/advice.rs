//! What each cause means, in plain words, and what can be done about it.

use crate::verdict::Cause;

/// Texts about one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// A heading for a person who came for the site, not for HTTP.
    pub title: &'static str,
    /// What that person may want to know.
    pub visitor: &'static str,
    /// What to look at, for those who run the site.
    pub administrators: &'static [&'static str],
}

const NO_FAULT: &str =
    "This is not caused by your device or your connection. Please come back in a moment.";

/// The texts for a cause.
#[must_use]
pub const fn advice(cause: Cause) -> Advice {
    match cause {
        Cause::BadGateway | Cause::Disguised => Advice {
            title: "The site’s server gave no proper answer",
            visitor: NO_FAULT,
            administrators: &[
                "The origin’s own gateway (nginx, Apache, a load balancer) answered 502: the application behind it is stopped, crashed, or not listening where the gateway looks.",
                "Check that the application process runs, and its log for a crash or an out-of-memory kill.",
                "Check the upstream address and port in the gateway’s configuration, and its error log for “connect() failed” or “prematurely closed”.",
            ],
        },
        Cause::Unavailable | Cause::RateLimited => Advice {
            title: "The site has more visitors than it can serve right now",
            visitor: NO_FAULT,
            administrators: &[
                "The origin answered 503 or 429: overload, a full worker pool, maintenance mode, or a rate limit.",
                "Check CPU, memory and the number of busy workers; raise the pool or take load off.",
                "If this is maintenance, end it, or let the origin send Retry-After so that visitors are told the truth.",
            ],
        },
        Cause::Timeout | Cause::GatewayTimeout | Cause::ConnectionTimeout => Advice {
            title: "The site’s server is taking too long to answer",
            visitor: NO_FAULT,
            administrators: &[
                "The origin, or a server behind it, did not answer in time.",
                "Look for slow database queries, a deadlock, or an exhausted connection pool.",
                "If the page is slow by nature, raise attempt_timeout and deadline for its route.",
                "If connections are not even accepted, check the firewall and the listen backlog.",
            ],
        },
        Cause::ConnectionRefused | Cause::Unreachable | Cause::Network | Cause::InvalidResponse => {
            Advice {
                title: "The site’s server cannot be reached",
                visitor: NO_FAULT,
                administrators: &[
                    "The connection to the origin was refused, reset, closed early, or carried something that is not HTTP.",
                    "Check that the web server runs and listens on the expected address and port.",
                    "Check that the firewall lets the edge’s addresses in, and that no middlebox resets connections.",
                    "Check keep-alive: the origin should keep idle connections open longer than the gateway does.",
                ],
            }
        }
        Cause::Dns => Advice {
            title: "The site’s server cannot be found",
            visitor: NO_FAULT,
            administrators: &[
                "The origin’s host name could not be resolved.",
                "Check the name in ORIGIN or the DNS record behind the zone, and that it is not expired.",
            ],
        },
        Cause::Tls => Advice {
            title: "A secure connection to the site’s server failed",
            visitor: NO_FAULT,
            administrators: &[
                "The TLS handshake with the origin failed, or its certificate was not accepted.",
                "Check that the certificate is valid, not expired, and issued for the origin’s name, with its chain.",
                "Check that protocol versions and ciphers overlap.",
            ],
        },
        Cause::Truncated => Advice {
            title: "The page broke off before its end",
            visitor: NO_FAULT,
            administrators: &[
                "The origin closed the connection before it had sent as much as it had announced.",
                "Check for a crash while the page is rendered, a worker’s time limit, and a wrong Content-Length.",
            ],
        },
        Cause::Loop => Advice {
            title: "The site sends its visitors in circles",
            visitor: NO_FAULT,
            administrators: &[
                "This request has been here before: CDN-Loop names us too often.",
                "Check that ORIGIN is the server itself, and not a host name that leads back to this worker.",
            ],
        },
        Cause::ServerError | Cause::Listed => Advice {
            title: "Something went wrong on the site’s server",
            visitor: NO_FAULT,
            administrators: &[
                "The application answered with an error of its own.",
                "Look for the exception in the application’s log at the time of this request.",
            ],
        },
    }
}
