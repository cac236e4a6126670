// Says that a passkey is asked for, and what went wrong with it; the browser's own words are none
// that help.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("#passkey_login, button[id^=mfa_webauthn_]");
  if (button) occupy(button);
});
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const button of document.querySelectorAll("button[id][aria-busy]")) free(button);
  const name = event.detail.exception && event.detail.exception.name;
  complain({
    NotAllowedError: gettext("It was cancelled, or took too long. You can try again."),
    InvalidStateError: gettext("This device has a passkey for your account already."),
    SecurityError: gettext("Passkeys need the site's proper address with https://."),
  }[name] || gettext("This browser or device could not do it. Try another, or use an authenticator app."));
});
