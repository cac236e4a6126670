window.WORDS = {
 "Invite {people} person": [
  "Invitar a {people} persona",
  "Invitar a {people} personas"
 ],
 "{needed} credit": [
  "{needed} crédito",
  "{needed} créditos"
 ],
 "{n} chosen": [
  "{n} elegido",
  "{n} elegidos"
 ],
 "{n} more photo was not sent.": [
  "No se ha enviado {n} foto más.",
  "No se han enviado {n} fotos más."
 ],
 "{people} person needs": [
  "{people} persona necesita",
  "{people} personas necesitan"
 ],
 "Choose all {n}": "Elegir los {n}",
 "Connection lost, trying again": "Conexión perdida, reintentando",
 "It was cancelled, or took too long. You can try again.": "Se canceló o tardó demasiado. Puede intentarlo de nuevo.",
 "Nobody is chosen yet.": "Aún no hay nadie elegido.",
 "One moment": "Un momento",
 "Passkeys need the site's proper address with https://.": "Las claves de acceso necesitan la dirección correcta del sitio con https://.",
 "Sending": "Enviando",
 "The list could not be loaded. Try again; if it stays so, open this page anew.": "No se pudo cargar la lista. Inténtelo de nuevo; si sigue igual, vuelva a abrir esta página.",
 "This browser or device could not do it. Try another, or use an authenticator app.": "Este navegador o dispositivo no pudo. Pruebe con otro o use una aplicación de autenticación.",
 "This device has a passkey for your account already.": "Este dispositivo ya tiene una clave de acceso para su cuenta.",
 "Waiting": "En espera",
 "{name} could not be taken in.": "{name} no se pudo aceptar.",
 "{name} did not arrive. Check your connection and load the page again; it goes on from there.": "{name} no llegó. Compruebe su conexión y cargue la página de nuevo; sigue desde ahí.",
 "{people} chosen": "{people} elegidos",
 "{who} {what} and {free} of yours are free: {missing} too few.": "{who} {what} y {free} de los suyos están libres: faltan {missing}.",
 "{who} {what}. {rest} will be left.": "{who} {what}. Quedarán {rest}."
};
