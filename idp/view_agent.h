/* view_agent.h - the pages of agents: their sign-in, their second factor, and their own page. As view.h. */
#ifndef IDP_VIEW_AGENT_H
#define IDP_VIEW_AGENT_H
#include "idp/account/agent.h"
#include "idp/account/factor.h"
#include "idp/authn/passkey.h"
#include "idp/view.h"

/* The directory's password. */
struct http_resp *view_agent_login(const struct view *v, const struct view_login *l);
/* Why an agent goes no further. reason: "silent" (the directory), "rights", "must_change", "expired", "hours", "disabled". */
struct view_agent_stop { struct str reason, retry_url; int64_t reached_s /* 0: not known */; int status; };
struct http_resp *view_agent_stop(const struct view *v, const struct view_agent_stop *s);

/* The page that asks for a factor; action: where its forms lead. */
struct view_second {
	struct str action, etape, retour, csrf;
	bool confirm;                  /* again, in a live session */
	bool has_code, has_key, has_recovery;
	struct str say;                /* second_say() */
	struct passkey_question question;
	const struct factor *factors; size_t factor_n;
	int status; int64_t retry_after_s;
};
struct http_resp *view_second(const struct view *v, const struct view_second *p);

/* The printed code that an administrator gave. */
struct view_enrol { struct str etape, code, say; int status; int64_t retry_after_s; };
struct http_resp *view_enrol(const struct view *v, const struct view_enrol *p);

/* The page that adds a factor; what: empty (choose), "application" or "cle". */
struct view_add {
	struct str action, here, etape, suite, csrf, what;
	struct str name, say;
	struct str qr, words, uri, draft;                      /* application */
	struct passkey_question question; struct str login;    /* cle */
	const struct factor *factors; size_t factor_n;
	bool first;                    /* an enrolment */
	int status; int64_t retry_after_s;
};
struct http_resp *view_add(const struct view *v, const struct view_add *p);

/* Recovery codes, shown once; done: sealed, leads on to where one was going; empty: to the agent's page. */
struct view_codes { const struct str *codes; size_t n; struct str etape, done; };
struct http_resp *view_codes(const struct view *v, const struct view_codes *p);

struct view_agent_home {
	const struct factor *factors; size_t factor_n;
	const struct factor_session *sessions; size_t session_n;
	int64_t codes_left;
	struct str did, csrf;
};
struct http_resp *view_agent_home(const struct view *v, const struct view_agent_home *p);

struct view_sure { struct str what /* "retirer", "codes", "autres" */, id, name, csrf, say; int status; };
struct http_resp *view_sure(const struct view *v, const struct view_sure *p);
#endif
