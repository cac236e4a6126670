window.WORDS = {
 "Invite {people} person": [
  "{people} Person einladen",
  "{people} Personen einladen"
 ],
 "{needed} credit": [
  "{needed} Credit",
  "{needed} Credits"
 ],
 "{n} chosen": [
  "{n} ausgewählt",
  "{n} ausgewählt"
 ],
 "{n} more photo was not sent.": [
  "{n} weiteres Foto wurde nicht gesendet.",
  "{n} weitere Fotos wurden nicht gesendet."
 ],
 "{people} person needs": [
  "{people} Person braucht",
  "{people} Personen brauchen"
 ],
 "Choose all {n}": "Alle {n} auswählen",
 "Connection lost, trying again": "Verbindung verloren, neuer Versuch",
 "It was cancelled, or took too long. You can try again.": "Es wurde abgebrochen oder hat zu lange gedauert. Sie können es erneut versuchen.",
 "Nobody is chosen yet.": "Noch ist niemand ausgewählt.",
 "One moment": "Einen Moment",
 "Passkeys need the site's proper address with https://.": "Passkeys brauchen die richtige Adresse der Seite mit https://.",
 "Sending": "Wird gesendet",
 "The list could not be loaded. Try again; if it stays so, open this page anew.": "Die Liste konnte nicht geladen werden. Versuchen Sie es erneut; bleibt es dabei, öffnen Sie diese Seite neu.",
 "This browser or device could not do it. Try another, or use an authenticator app.": "Dieser Browser oder dieses Gerät konnte es nicht. Versuchen Sie ein anderes, oder verwenden Sie eine Authenticator-App.",
 "This device has a passkey for your account already.": "Dieses Gerät hat schon einen Passkey für Ihr Konto.",
 "Waiting": "Wartet",
 "{name} could not be taken in.": "{name} konnte nicht angenommen werden.",
 "{name} did not arrive. Check your connection and load the page again; it goes on from there.": "{name} ist nicht angekommen. Prüfen Sie Ihre Verbindung und laden Sie die Seite neu; es geht dort weiter.",
 "{people} chosen": "{people} ausgewählt",
 "{who} {what} and {free} of yours are free: {missing} too few.": "{who} {what}, und {free} von Ihren sind frei: {missing} zu wenig.",
 "{who} {what}. {rest} will be left.": "{who} {what}. {rest} bleiben übrig."
};
