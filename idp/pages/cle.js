/* Passkeys and security keys: asks the browser, fills the hidden fields of the form, sends it. Says in words of
 * the page (which are there, hidden) when the browser cannot or the person would rather not. */
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
	.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const keys = (form) => form.dataset.cles.split(" ").filter(Boolean).map((id) => ({ type: "public-key", id: bytes(id) }));

const say = (id) => {
	for (const other of ["cle-absente", "cle-annulee", "cle-connue"])
		document.getElementById(other).hidden = other !== id;
	const words = document.getElementById(id);
	if (words) {
		words.tabIndex = -1;
		words.focus();
	}
};

const create = async (form) => {
	const made = await navigator.credentials.create({ publicKey: {
		challenge: bytes(form.dataset.defi), rp: { id: form.dataset.site, name: form.dataset.ville },
		user: { id: bytes(form.dataset.personne), name: form.dataset.nom, displayName: form.dataset.nom },
		pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
		authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
		attestation: "none", excludeCredentials: keys(form), timeout: 240000 } });
	form.elements["client-data"].value = text(made.response.clientDataJSON);
	form.elements["attestation"].value = text(made.response.attestationObject);
};

const prove = async (form) => {
	const got = await navigator.credentials.get({ publicKey: {
		challenge: bytes(form.dataset.defi), rpId: form.dataset.site, allowCredentials: keys(form),
		userVerification: "required", timeout: 240000 } });
	form.elements["cle"].value = text(got.rawId);
	form.elements["client-data"].value = text(got.response.clientDataJSON);
	form.elements["auth-data"].value = text(got.response.authenticatorData);
	form.elements["signature"].value = text(got.response.signature);
	form.elements["proprietaire"].value = got.response.userHandle ? text(got.response.userHandle) : "";
};

const attach = (id, ask) => {
	const form = document.getElementById(id);
	if (!form)
		return;
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		if (!window.PublicKeyCredential || !navigator.credentials)
			return say("cle-absente");
		say("");
		try {
			await ask(form);
		} catch (problem) {
			return say(problem.name === "InvalidStateError" ? "cle-connue"
				: problem.name === "NotAllowedError" || problem.name === "AbortError" ? "cle-annulee" : "cle-absente");
		}
		HTMLFormElement.prototype.submit.call(form);
	});
};

attach("cle-creer", create);
attach("cle-demander", prove);
