/* refusals.c - see refusals.h. */
#include "idp/admin/refusals.h"

/* By slug, or by the family that it begins with; the first that fits is taken, so the particular stands
 * before the general. */
static const struct { const char *slug; struct { struct str sentence, cure; } words[LANG_COUNT]; } table[] = {
	{ "oidc.authz.redirect_uri", { { STR_INIT("Adresse de retour inconnue"),
		STR_INIT("Le logiciel demande une réponse à une adresse qui n’est pas inscrite, au caractère près. Ajoutez-la à l’inscription, ou corrigez-la chez lui.") },
	  { STR_INIT("Unknown redirect address"), STR_INIT("The software asks for an answer at an address that is not registered, to the character. Add it to the registration, or correct it there.") } } },
	{ "oidc.authz.pkce", { { STR_INIT("Il manque la preuve PKCE"),
		STR_INIT("Activez PKCE (S256) dans le logiciel.") },
	  { STR_INIT("PKCE is missing"), STR_INIT("Switch PKCE (S256) on in the software.") } } },
	{ "oidc.authz.response_type", { { STR_INIT("Type de réponse refusé"),
		STR_INIT("Réglez le logiciel sur le flux « code » (authorization code).") },
	  { STR_INIT("Response type refused"), STR_INIT("Set the software to the code flow (authorization code).") } } },
	{ "oidc.authz.prompt", { { STR_INIT("Valeur de prompt incomprise ou impossible"),
		STR_INIT("prompt=none demande une session déjà ouverte ; les autres valeurs sont login et consent.") },
	  { STR_INIT("A prompt that is unknown or cannot be met"), STR_INIT("prompt=none needs a session that is open; the other values are login and consent.") } } },
	{ "oidc.authz", { { STR_INIT("Demande de connexion mal formée"),
		STR_INIT("Comparez les réglages du logiciel à ceux de la page des partenaires de la documentation.") },
	  { STR_INIT("A malformed sign-in request"), STR_INIT("Compare the software's settings with the documentation's page for partners.") } } },
	{ "oidc.request", { { STR_INIT("Le logiciel emploie une forme de demande qui n’est pas acceptée"),
		STR_INIT("Désactivez les demandes signées ou par référence (request, request_uri).") },
	  { STR_INIT("The software uses a form of request that is not accepted"), STR_INIT("Switch signed or referenced requests (request, request_uri) off.") } } },
	{ "oidc.client.method", { { STR_INIT("Le logiciel ne prouve pas qui il est de la façon inscrite"),
		STR_INIT("Accordez la méthode d’authentification (en-tête ou formulaire) entre le logiciel et l’inscription.") },
	  { STR_INIT("The software does not authenticate in the registered way"), STR_INIT("Make its method (header or form) and the registration agree.") } } },
	{ "oidc.client", { { STR_INIT("Le logiciel n’a pas prouvé qui il est"),
		STR_INIT("Vérifiez client_id et client_secret chez lui ; au besoin, faites un nouveau secret.") },
	  { STR_INIT("The software did not prove who it is"), STR_INIT("Check client_id and client_secret there; if need be make a new secret.") } } },
	{ "oidc.grant_type", { { STR_INIT("Le logiciel demande ce que son inscription ne permet pas"),
		STR_INIT("Cochez ce droit dans l’inscription si c’est voulu.") },
	  { STR_INIT("The software asks for what its registration does not allow"), STR_INIT("Tick it in the registration if that is wanted.") } } },
	{ "oidc.code.redirect_uri", { { STR_INIT("L’adresse de retour n’est pas la même aux deux étapes"),
		STR_INIT("Le logiciel doit redonner exactement celle de sa première demande.") },
	  { STR_INIT("The redirect address differs between the two steps"), STR_INIT("The software must repeat exactly that of its first request.") } } },
	{ "oidc.code.verifier", { { STR_INIT("La preuve PKCE ne correspond pas"),
		STR_INIT("Souvent deux onglets ouverts à la fois, ou un répartiteur sans mémoire de session devant le logiciel.") },
	  { STR_INIT("The PKCE proof does not match"), STR_INIT("Often two tabs at once, or a balancer without session affinity before the software.") } } },
	{ "oidc.code.expired", { { STR_INIT("Le code de connexion est arrivé trop tard"),
		STR_INIT("Le logiciel a mis plus que le temps permis : vérifiez sa charge et son horloge.") },
	  { STR_INIT("The code came too late"), STR_INIT("The software took longer than allowed: check its load and its clock.") } } },
	{ "oidc.code", { { STR_INIT("Le code de connexion n’est pas valable"),
		STR_INIT("Il ne sert qu’une fois, et à celui qui l’a reçu. Voyez si le logiciel répète ses appels.") },
	  { STR_INIT("The code is not valid"), STR_INIT("It serves once, and whoever received it. See whether the software repeats its calls.") } } },
	{ "oidc.refresh", { { STR_INIT("Le jeton de prolongation n’est plus valable"),
		STR_INIT("La personne doit se reconnecter. S’il a servi deux fois, il a peut-être été copié.") },
	  { STR_INIT("The refresh token is no longer valid"), STR_INIT("The person has to sign in again. If it was used twice, it may have been copied.") } } },
	{ "oidc.bearer", { { STR_INIT("Le jeton présenté n’est plus valable"),
		STR_INIT("Le logiciel doit en demander un nouveau avant la fin du précédent.") },
	  { STR_INIT("The token shown is no longer valid"), STR_INIT("The software must ask for a new one before the last one ends.") } } },
	{ "oidc.hint", { { STR_INIT("La demande de déconnexion ne dit pas pour qui"),
		STR_INIT("Le logiciel doit joindre id_token_hint, tel qu’il l’a reçu.") },
	  { STR_INIT("The logout request does not say for whom"), STR_INIT("The software must send id_token_hint as it received it.") } } },
	{ "oidc", { { STR_INIT("Demande OpenID Connect refusée"),
		STR_INIT("Donnez le repère à l’éditeur : le journal du serveur dit le reste.") },
	  { STR_INIT("OpenID Connect request refused"), STR_INIT("Give the reference to the vendor: the server's log has the rest.") } } },
	{ "policy.people", { { STR_INIT("Cette personne n’est pas du public de ce partenaire"),
		STR_INIT("Un partenaire est pour les usagers ou pour les agents, et un agent doit avoir un rôle pour son secteur.") },
	  { STR_INIT("This person is not among those the partner is for"), STR_INIT("A partner is for citizens or for agents, and an agent needs a role for its sector.") } } },
	{ "policy.partner", { { STR_INIT("Le partenaire est suspendu"),
		STR_INIT("Réactivez-le si c’est voulu.") },
	  { STR_INIT("The partner is disabled"), STR_INIT("Enable it if that is wanted.") } } },
	{ "policy.acr", { { STR_INIT("Le partenaire demande une preuve plus forte que celle que la personne peut donner"),
		STR_INIT("Voyez le niveau demandé (acr_values).") },
	  { STR_INIT("The partner asks for a stronger proof than the person can give"), STR_INIT("See the level asked for (acr_values).") } } },
	{ "policy.consent", { { STR_INIT("La personne n’a pas voulu transmettre ses données"),
		STR_INIT("Rien à corriger.") },
	  { STR_INIT("The person did not want the data to be passed on"), STR_INIT("Nothing to correct.") } } },
	{ "policy.account", { { STR_INIT("Le compte est suspendu"),
		STR_INIT("Voyez la rubrique Comptes.") },
	  { STR_INIT("The account is disabled"), STR_INIT("See the accounts.") } } },
	{ "policy", { { STR_INIT("La connexion n’a pas pu aboutir"),
		STR_INIT("La personne n’était plus connectée, ou sa preuve était trop ancienne pour ce que le partenaire demande sans page.") },
	  { STR_INIT("The sign-in could not be completed"), STR_INIT("The person was no longer signed in, or the proof too old for what the partner asks without a page.") } } },
	{ "saml.check.signature", { { STR_INIT("La signature de la demande n’est pas bonne"),
		STR_INIT("Le partenaire signe avec une autre clé que celle de ses métadonnées : demandez-lui le fichier à jour.") },
	  { STR_INIT("The request's signature is wrong"), STR_INIT("The partner signs with another key than its metadata have: ask for the current file.") } } },
	{ "saml.redirect.signature", { { STR_INIT("La signature de la demande n’est pas bonne"),
		STR_INIT("Le partenaire signe avec une autre clé que celle de ses métadonnées : demandez-lui le fichier à jour.") },
	  { STR_INIT("The request's signature is wrong"), STR_INIT("The partner signs with another key than its metadata have: ask for the current file.") } } },
	{ "saml.signature", { { STR_INIT("La demande n’est pas signée"),
		STR_INIT("Le partenaire a promis de signer : qu’il le fasse, ou que ses métadonnées disent le contraire.") },
	  { STR_INIT("The request is not signed"), STR_INIT("The partner promised to sign: it should, or its metadata should say otherwise.") } } },
	{ "saml.acs", { { STR_INIT("Adresse de retour inconnue"),
		STR_INIT("La demande nomme une adresse qui n’est pas dans ses métadonnées : reprenez-les.") },
	  { STR_INIT("Unknown address for the answer"), STR_INIT("The request names an address that is not in its metadata: load them again.") } } },
	{ "saml.destination", { { STR_INIT("La demande était destinée à une autre adresse"),
		STR_INIT("Le partenaire doit envoyer à l’adresse de nos métadonnées : qu’il les recharge.") },
	  { STR_INIT("The request was meant for another address"), STR_INIT("The partner must send to the address in our metadata: it should load them again.") } } },
	{ "saml.replay", { { STR_INIT("La même demande est arrivée deux fois"),
		STR_INIT("Souvent la touche « retour » du navigateur ; si cela se répète, le logiciel réutilise ses identifiants.") },
	  { STR_INIT("The same request came twice"), STR_INIT("Often the browser's back button; if it goes on, the software reuses its identifiers.") } } },
	{ "saml.message", { { STR_INIT("La demande est trop ancienne, ou vient du futur"),
		STR_INIT("Réglez l’horloge du partenaire (NTP).") },
	  { STR_INIT("The request is too old, or from the future"), STR_INIT("Set the partner's clock (NTP).") } } },
	{ "saml.metadata.expired", { { STR_INIT("Ses métadonnées ont passé leur date"),
		STR_INIT("Demandez un fichier à jour et reprenez l’inscription.") },
	  { STR_INIT("Its metadata have passed their date"), STR_INIT("Ask for a current file and register again.") } } },
	{ "saml.name.email", { { STR_INIT("La personne n’a pas d’adresse de courriel vérifiée"),
		STR_INIT("Choisissez un autre identifiant (NameID) pour ce partenaire.") },
	  { STR_INIT("The person has no verified e-mail address"), STR_INIT("Choose another NameID for this partner.") } } },
	{ "saml.declined", { { STR_INIT("La personne n’a pas voulu transmettre ses données"),
		STR_INIT("Rien à corriger.") },
	  { STR_INIT("The person did not want the data to be passed on"), STR_INIT("Nothing to correct.") } } },
	{ "saml.unmet", { { STR_INIT("Le partenaire demande ce que nous ne faisons pas"),
		STR_INIT("Voyez dans ses réglages le format d’identifiant et le niveau d’authentification demandés.") },
	  { STR_INIT("The partner asks for what we do not do"), STR_INIT("See the NameID format and the authentication level in its settings.") } } },
	{ "saml.xml", { { STR_INIT("La demande n’est pas du XML acceptable"),
		STR_INIT("C’est un défaut du logiciel du partenaire : donnez-lui le motif.") },
	  { STR_INIT("The request is not acceptable XML"), STR_INIT("A fault of the partner's software: tell it the reason.") } } },
	{ "saml.slo", { { STR_INIT("La demande de déconnexion ne correspond à aucune session"),
		STR_INIT("Souvent la session était déjà finie. Si cela se répète, le partenaire ne renvoie pas le SessionIndex reçu.") },
	  { STR_INIT("The logout request matches no session"), STR_INIT("Often the session had ended already. If it goes on, the partner does not send back the SessionIndex.") } } },
	{ "saml.off", { { STR_INIT("SAML n’est pas activé ici"),
		STR_INIT("Réglez saml_certificate dans la configuration.") },
	  { STR_INIT("SAML is not spoken here"), STR_INIT("Set saml_certificate in the configuration.") } } },
	{ "saml", { { STR_INIT("Demande SAML refusée"),
		STR_INIT("Donnez le motif et le repère à l’éditeur.") },
	  { STR_INIT("SAML request refused"), STR_INIT("Give the reason and the reference to the vendor.") } } },
	{ "flow.browser", { { STR_INIT("Le navigateur a perdu sa page en chemin"),
		STR_INIT("Cookies refusés, ou page commencée dans un autre navigateur. Rien à corriger chez le partenaire.") },
	  { STR_INIT("The browser lost its page on the way"), STR_INIT("Cookies refused, or begun in another browser. Nothing to correct at the partner.") } } },
	{ "flow", { { STR_INIT("La page de connexion est restée ouverte trop longtemps"),
		STR_INIT("Rien à corriger.") },
	  { STR_INIT("The sign-in page stayed open too long"), STR_INIT("Nothing to correct.") } } },
	{ "notice", { { STR_INIT("La page d’information n’a pas été confirmée à temps"),
		STR_INIT("Rien à corriger.") },
	  { STR_INIT("The notice was not confirmed in time"), STR_INIT("Nothing to correct.") } } },
	{ "login", { { STR_INIT("L’identifiant ou le mot de passe n’allait pas"),
		STR_INIT("Rien à corriger chez le partenaire.") },
	  { STR_INIT("The name or the password was wrong"), STR_INIT("Nothing to correct at the partner.") } } },
	{ "throttle", { { STR_INIT("Trop d’essais en peu de temps"),
		STR_INIT("Cela se rouvre seul en quelques minutes.") },
	  { STR_INIT("Too many tries"), STR_INIT("It opens again by itself within minutes.") } } },
	{ "store", { { STR_INIT("La base de données n’a pas répondu"),
		STR_INIT("Voyez l’état du service ; la demande peut être refaite.") },
	  { STR_INIT("The database did not answer"), STR_INIT("See the state of the service; the request can be made again.") } } },
	{ "engine", { { STR_INIT("Une partie du service était occupée"),
		STR_INIT("Voyez l’état du service ; la demande peut être refaite.") },
	  { STR_INIT("A part of the service was busy"), STR_INIT("See the state of the service; the request can be made again.") } } },
	{ "", { { STR_INIT("Demande refusée"),
		STR_INIT("Donnez le motif et le repère à l’éditeur.") },
	  { STR_INIT("Request refused"), STR_INIT("Give the reason and the reference to the vendor.") } } },
};

/* "oidc.code.expired" is of "oidc.code", "oidc.codec" is not. */
static bool is_of(struct str slug, const char *family)
{
	struct str head = str_from_c(family);

	return !head.n || (str_starts(slug, head) && (slug.n == head.n || slug.p[head.n] == '.'));
}

struct refusal_words refusal_words(struct str slug, enum http_lang lang)
{
	size_t i = 0;

	while (!is_of(slug, table[i].slug))
		i++;
	return (struct refusal_words){ table[i].words[lang].sentence, table[i].words[lang].cure };
}

/* ---- which there were ---- */

enum { AUDIT_CLIENT_MAX = 128 };

struct walk { struct arena *a; struct str client_id; struct refusal *v; size_t n; };

static MUST struct err refusal_row(const struct store_row *r, void *arg)
{
	struct walk *w = arg;

	if (w->n < REFUSALS_SHOWN)
		w->v[w->n++] = (struct refusal){ row_int(r, 0), arena_dup(w->a, row_str(r, 1)), arena_dup(w->a, row_str(r, 2)), row_int(r, 3) };
	return NO_ERR;
}

static MUST struct err walk_tx(struct store_tx *tx, void *arg)
{
	struct walk *w = arg;

	w->n = 0;
	return store_each(tx, "SELECT at_s, reason, request, n FROM audit WHERE client_id = $1 AND reason <> ''"
		" ORDER BY id DESC LIMIT $2", refusal_row, w, str_(w->client_id), int_(REFUSALS_SHOWN));
}

struct err refusals_load(struct store *s, struct arena *a, struct str client_id, struct refusal v[REFUSALS_SHOWN], size_t *ret_n)
{
	/* The audit keeps as much of a long entityID. */
	struct walk w = { a, str_slice(client_id, 0, AUDIT_CLIENT_MAX), v, 0 };

	TRY(store_read(s, walk_tx, &w));
	*ret_n = w.n;
	return NO_ERR;
}
