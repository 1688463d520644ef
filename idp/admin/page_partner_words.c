/* page_partner_words.c - the partners' pages in words: coded values of a registration, and what was wrong
 * with a form. guichetctl says the same in its own sentences, beside each refusal. */
#include "idp/admin/page_partner.h"

static const struct { const char *field, *value; struct str words[LANG_COUNT]; } values[] = {
	{ "people", "usagers", { STR_INIT("les usagers"), STR_INIT("citizens") } },
	{ "people", "agents", { STR_INIT("les agents de la ville"), STR_INIT("the town's agents") } },
	{ "release", "inform", { STR_INIT("montrer à la personne ce qui est transmis"), STR_INIT("show the person what is passed on") } },
	{ "release", "consent", { STR_INIT("demander l’accord de la personne"), STR_INIT("ask the person for consent") } },
	{ "release", "none", { STR_INIT("ne rien montrer"), STR_INIT("show nothing") } },
	{ "name_id", "persistent", { STR_INIT("un numéro durable, propre à ce service"), STR_INIT("a lasting number, of this service alone") } },
	{ "name_id", "transient", { STR_INIT("un numéro différent à chaque connexion"), STR_INIT("another number at each sign-in") } },
	{ "name_id", "email", { STR_INIT("l’adresse de courriel"), STR_INIT("the e-mail address") } },
	{ "auth", "basic", { STR_INIT("un secret, dans l’en-tête (client_secret_basic)"), STR_INIT("a secret, in the header (client_secret_basic)") } },
	{ "auth", "post", { STR_INIT("un secret, dans le formulaire (client_secret_post)"), STR_INIT("a secret, in the form (client_secret_post)") } },
	{ "auth", "none", { STR_INIT("sans secret, par PKCE seul"), STR_INIT("no secret, by PKCE alone") } },
	{ "grants", "authorization_code", { STR_INIT("une connexion (authorization_code)"), STR_INIT("a sign-in (authorization_code)") } },
	{ "grants", "refresh_token", { STR_INIT("la prolonger (refresh_token)"), STR_INIT("to prolong it (refresh_token)") } },
	{ "grants", "client_credentials", { STR_INIT("un jeton pour lui-même (client_credentials)"), STR_INIT("a token for itself (client_credentials)") } },
	{ "", "yes", { STR_INIT("oui"), STR_INIT("yes") } },
	{ "", "no", { STR_INIT("non"), STR_INIT("no") } },
};

static const struct { const char *fault; struct str words[LANG_COUNT]; } faults[] = {
	{ "oidc.uri.scheme", { STR_INIT("L’adresse doit commencer par https:// (http:// seulement sur cette machine)"), STR_INIT("The address must begin with https:// (http:// only on this machine)") } },
	{ "oidc.uri.fragment", { STR_INIT("L’adresse ne doit pas avoir de partie après #"), STR_INIT("The address must not have a part after #") } },
	{ "oidc.uri.wildcard", { STR_INIT("L’adresse ne doit pas avoir de joker : inscrivez chaque adresse"), STR_INIT("The address must not have a wildcard: register each one") } },
	{ "oidc.uri.userinfo", { STR_INIT("L’adresse ne doit pas avoir de nom d’utilisateur avant @"), STR_INIT("The address must not have a user name before @") } },
	{ "oidc.uri.host", { STR_INIT("Le nom de machine doit être en minuscules, sans point final, et le port un nombre"), STR_INIT("The host must be in lower case, without a final dot, and the port a number") } },
	{ "oidc.uri", { STR_INIT("L’adresse ne doit avoir ni blanc, ni guillemet, ni accent"), STR_INIT("The address must have no blank, quote or accent") } },
	{ "partner.uri.many", { STR_INIT("Il y a trop d’adresses"), STR_INIT("There are too many addresses") } },
	{ "partner.id", { STR_INIT("L’identifiant doit avoir de 1 à 64 lettres, chiffres ou -._~"), STR_INIT("The identifier must be 1 to 64 letters, digits or -._~") } },
	{ "partner.taken", { STR_INIT("Ce partenaire est déjà inscrit avec l’autre protocole : choisissez un autre identifiant"), STR_INIT("This partner is registered already with the other protocol: choose another identifier") } },
	{ "partner.name", { STR_INIT("Le nom doit tenir en une ligne de 100 caractères au plus"), STR_INIT("The name must be one line of at most 100 characters") } },
	{ "partner.purpose", { STR_INIT("La phrase doit tenir en une ligne de 400 caractères au plus"), STR_INIT("The sentence must be one line of at most 400 characters") } },
	{ "partner.sector", { STR_INIT("Le secteur doit être sans accents, de 128 caractères au plus"), STR_INIT("The sector must be without accents, of at most 128 characters") } },
	{ "partner.word", { STR_INIT("Une des données nommées n’existe pas : voyez la liste sous le titre du champ"), STR_INIT("One of the data named does not exist: see the list under the field's title") } },
	{ "partner.attribute.name", { STR_INIT("Le nom après = doit être sans accents"), STR_INIT("The name after = must be without accents") } },
	{ "partner.choice", { STR_INIT("Choisissez une des réponses proposées"), STR_INIT("Choose one of the answers offered") } },
	{ "partner.grant", { STR_INIT("Cochez au moins une chose qu’il peut demander"), STR_INIT("Tick at least one thing that it may ask for") } },
	{ "partner.agents.attributes", { STR_INIT("Des agents, seul le nom (name) peut être transmis"), STR_INIT("Of agents, only the name (name) can be passed on") } },
	{ "partner.agents.name", { STR_INIT("Aucune adresse d’agent n’est gardée : choisissez un numéro"), STR_INIT("No agent's address is kept: choose a number") } },
	{ "partner.alg", { STR_INIT("Le signataire n’a pas de clé de cette sorte : choisissez l’autre signature"), STR_INIT("The signer has no key of that kind: choose the other signature") } },
	{ "partner.redirect", { STR_INIT("Il faut au moins une adresse de retour"), STR_INIT("At least one redirect address is needed") } },
	{ "partner.public", { STR_INIT("Un jeton pour lui-même demande un secret : choisissez une autre façon de prouver qui il est"), STR_INIT("A token for itself needs a secret: choose another way to authenticate") } },
	{ "partner.saml.off", { STR_INIT("SAML n’est pas activé ici : réglez saml_certificate dans la configuration"), STR_INIT("SAML is not spoken here: set saml_certificate in the configuration") } },
	{ "partner.metadata.address", { STR_INIT("Une adresse de ces métadonnées ne commence pas par https://, ou est mal formée"), STR_INIT("An address in these metadata does not begin with https://, or is malformed") } },
	{ "partner.metadata.acs", { STR_INIT("Ces métadonnées n’ont pas d’adresse de retour en HTTP-POST, la seule façon d’envoyer une assertion"), STR_INIT("These metadata have no HTTP-POST address for assertions, the only way they travel") } },
	{ "partner.metadata.key", { STR_INIT("Ces métadonnées promettent des demandes signées sans donner la clé"), STR_INIT("These metadata promise signed requests without giving the key") } },
	{ "partner.metadata.entity", { STR_INIT("L’entityID doit être sans blancs ni accents, de 1024 caractères au plus"), STR_INIT("The entityID must be without blanks or accents, of at most 1024 characters") } },
	{ "partner.metadata.service", { STR_INIT("Ce ne sont pas les métadonnées d’un service (il n’y a pas de SPSSODescriptor)"), STR_INIT("These are not the metadata of a service (there is no SPSSODescriptor)") } },
	{ "partner.metadata.expired", { STR_INIT("Ces métadonnées ont passé leur date (validUntil) : demandez un fichier à jour"), STR_INIT("These metadata have passed their date (validUntil): ask for a current file") } },
	{ "partner.metadata.other", { STR_INIT("Ces métadonnées sont celles d’un autre partenaire (l’entityID n’est pas le même)"), STR_INIT("These are another partner's metadata (the entityID is not the same)") } },
	{ "partner.metadata", { STR_INIT("Choisissez un fichier de métadonnées, ou collez leur texte"), STR_INIT("Choose a file of metadata, or paste their text") } },
	{ "saml.xml.size", { STR_INIT("Ces métadonnées sont trop grandes (190 Ko au plus) : demandez celles de ce seul service"), STR_INIT("These metadata are too large (at most 190 KB): ask for those of this service alone") } },
	{ "saml.xml", { STR_INIT("Ce fichier n’est pas du XML lisible, ou emploie ce que nous refusons"), STR_INIT("This file is not readable XML, or uses what we refuse") } },
	{ "saml.metadata.aggregate", { STR_INIT("Ce fichier décrit plusieurs services : demandez celui d’un seul"), STR_INIT("This file describes several services: ask for that of one") } },
	{ "saml.metadata", { STR_INIT("Ces métadonnées ne sont pas bien formées"), STR_INIT("These metadata are not well formed") } },
	{ "engine", { STR_INIT("La partie qui lit les métadonnées est occupée : renvoyez le formulaire dans un instant"), STR_INIT("The part that reads metadata is busy: send the form again in a moment") } },
	{ "", { STR_INIT("Cette valeur ne convient pas"), STR_INIT("This value does not do") } },
};

struct str partner_value(const char *field, struct str value, enum http_lang lang)
{
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (str_eq_c(value, values[i].value) && (!*values[i].field || str_eq_c(str_from_c(field), values[i].field)))
			return values[i].words[lang];
	return value;
}

struct str partner_fault(const char *fault, enum http_lang lang)
{
	struct str said = str_from_c(fault);
	size_t i = 0;

	while (!str_starts(said, str_from_c(faults[i].fault)))
		i++;
	return faults[i].words[lang];
}

struct str partner_lines(struct arena *a, const char *field, const struct str *v, size_t n, enum http_lang lang)
{
	struct str *parts = arena_array(a, struct str, 2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		parts[2 * i] = partner_value(field, v[i], lang);
		parts[2 * i + 1] = i + 1 < n ? STR("\n") : STR_NONE;
	}
	return arena_concat(a, parts, 2 * n);
}
