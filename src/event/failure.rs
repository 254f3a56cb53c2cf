//! Which calls failed, and which of those were denied. Leaves out why.

/// Prefixes of the error codes of callers without the right to a call.
///
/// The first six are those of the cloud's own alert on unauthorized calls, one of them a
/// misspelling that services return. `AccessDenied` is that of OSS, `Unauthorized` that of Log
/// Service, and the last one is that of a network policy on keys.
const NO_PERMISSION: [&str; 9] = [
    "NoPermission",
    "Forbidden",
    "Forbbiden",
    "InvalidAuthorization",
    "AccessForbidden",
    "NotAuthorized",
    "AccessDenied",
    "Unauthorized",
    "AccessKeyId.AccessPolicyDenied",
];

/// Prefixes of the error codes of credentials that are unknown, disabled, expired, or used with a
/// wrong secret. The last one is what Log Service calls a wrong signature.
const BAD_CREDENTIAL: [&str; 5] = [
    "InvalidAccessKeyId",
    "InvalidSecurityToken",
    "SignatureDoesNotMatch",
    "UserDisable",
    "SignatureNotMatch",
];

/// The event whose error message decides, beside its error code.
pub(super) const SIGN_IN: &str = "ConsoleSignin";

/// Whether an error code is that of a call that was denied: for a missing right, or a bad credential.
/// Throttled calls, and those with bad parameters, were not.
///
/// ```
/// use keytrail::event::is_denied;
///
/// assert!(is_denied("Forbidden.RAM") && is_denied("SignatureNotMatch"));
/// assert!(!is_denied("Throttling.User") && !is_denied(""));
/// ```
pub fn is_denied(error_code: &str) -> bool {
    let mut prefixes = NO_PERMISSION.iter().chain(&BAD_CREDENTIAL);
    prefixes.any(|prefix| error_code.starts_with(prefix))
}

/// Whether a call failed: it has an error code, or it is a sign-in to the console whose message is
/// neither empty nor `success`.
///
/// ```
/// use keytrail::event::is_failure;
///
/// assert!(is_failure("ConsoleSignin", "", "password error"));
/// assert!(!is_failure("ConsoleSignin", "", "success"));
/// assert!(!is_failure("RunInstances", "", "password error"));
/// ```
pub fn is_failure(event_name: &str, error_code: &str, error_message: &str) -> bool {
    !error_code.is_empty()
        || event_name == SIGN_IN && !error_message.is_empty() && error_message != "success"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_denied_calls_are_distinguished_from_others() {
        for code in [
            "NoPermission",
            "Forbidden.RAM",
            "Forbbiden",
            "InvalidAccessKeyId.Inactive",
            "InvalidSecurityToken.Expired",
            "SignatureDoesNotMatch",
            "AccessDenied",
            "UserDisable",
            "AccessKeyId.AccessPolicyDenied",
        ] {
            assert!(is_denied(code), "{code}");
        }
        for code in ["", "Throttling", "InvalidParameter", "EntityNotExist.User"] {
            assert!(!is_denied(code), "{code}");
        }
    }

    #[test]
    fn a_signature_refused_by_log_service_is_denied() {
        assert!(is_denied("Unauthorized"));
        assert!(is_denied("SignatureNotMatch"));
    }
}
