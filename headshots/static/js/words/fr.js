window.WORDS = {
 "Invite {people} person": [
  "Inviter {people} personne",
  "Inviter {people} personnes"
 ],
 "{needed} credit": [
  "{needed} crédit",
  "{needed} crédits"
 ],
 "{n} chosen": [
  "{n} choisi",
  "{n} choisis"
 ],
 "{n} more photo was not sent.": [
  "{n} autre photo n’a pas été envoyée.",
  "{n} autres photos n’ont pas été envoyées."
 ],
 "{people} person needs": [
  "{people} personne demande",
  "{people} personnes demandent"
 ],
 "Choose all {n}": "Choisir les {n}",
 "Connection lost, trying again": "Connexion perdue, nouvelle tentative",
 "It was cancelled, or took too long. You can try again.": "Cela a été annulé ou a pris trop de temps. Vous pouvez réessayer.",
 "Nobody is chosen yet.": "Personne n’est encore choisi.",
 "One moment": "Un instant",
 "Passkeys need the site's proper address with https://.": "Les clés d’accès demandent la bonne adresse du site, avec https://.",
 "Sending": "Envoi",
 "The list could not be loaded. Try again; if it stays so, open this page anew.": "La liste n’a pas pu être chargée. Réessayez ; si cela persiste, rouvrez cette page.",
 "This browser or device could not do it. Try another, or use an authenticator app.": "Ce navigateur ou cet appareil n’a pas pu le faire. Essayez-en un autre, ou utilisez une application d’authentification.",
 "This device has a passkey for your account already.": "Cet appareil a déjà une clé d’accès pour votre compte.",
 "Waiting": "En attente",
 "{name} could not be taken in.": "{name} n’a pas pu être acceptée.",
 "{name} did not arrive. Check your connection and load the page again; it goes on from there.": "{name} n’est pas arrivée. Vérifiez votre connexion et rechargez la page ; cela reprend de là.",
 "{people} chosen": "{people} choisis",
 "{who} {what} and {free} of yours are free: {missing} too few.": "{who} {what} et {free} des vôtres sont libres : il en manque {missing}.",
 "{who} {what}. {rest} will be left.": "{who} {what}. Il en restera {rest}."
};
