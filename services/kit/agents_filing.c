/* agents_filing.c - one filing: the reason asked first, then its answers, then what becomes of it. */
#include "services/kit/agents_impl.h"
#include "services/kit/checks.h"

/* What the page of one filing shows beside it. */
struct shown {
	const struct kit_agent *agent;
	struct str number, notice;       /* notice: the page's word for what has just happened, or has not */
	struct str word, word_error;     /* as typed */
	int status;
};

static const char *const reasons[] = { "instruction", "question", "controle" };

static bool is_reason(struct str s)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (str_eq_c(s, reasons[i]))
			return true;
	return false;
}

/* ---- pages ---- */

static struct http_resp *reason_page(struct kit *k, const struct http_req *req, const struct shown *s, const struct kit_demande *d, bool wrong)
{
	struct page_kit_agents_open v = { .number = d->number, .name = kit_kind_name(k->service, req, d->kind), .state = d->state,
		.since_s = kit_demande_since_s(d), .filed_s = d->filed_at_s, .notice = s->notice, .wrong = wrong };
	struct kit_page page;

	agents_page_open(k, req, s->agent, &page);
	page_kit_agents_open(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, s->status);
}

/* The service's own part of the page. */
static struct str answers_of(struct kit *k, const struct http_req *req, const struct page_site *site, const struct agents_filing *f)
{
	AUTO(buf_done) struct buf out = { 0 };

	if (!f->open)
		return STR_NONE;
	buf_init(&out, 256 * 1024);
	k->service->desk->show(&out, site, req->arena, &f->demande, f->answers);
	return arena_dup(req->arena, buf_str(&out));
}

static void put_readings(const struct http_req *req, const struct shown *s, const struct agents_filing *f, struct page_kit_agents_filing *v)
{
	struct page_kit_agents_filing_readings *rows = arena_array(req->arena, struct page_kit_agents_filing_readings, f->reading_n + 1);

	for (size_t i = 0; i < f->reading_n; i++)
		rows[i] = (struct page_kit_agents_filing_readings){ .when_s = f->readings[i].at_s, .why = f->readings[i].reason,
			.who = s->agent->role == KIT_RESPONSABLE ? agents_short(f->readings[i].reader) : STR_NONE };
	v->readings = rows;
	v->readings_n = f->reading_n;
	v->older = f->older_n;
}

static struct http_resp *filing_page(struct kit *k, const struct http_req *req, const struct shown *s, const struct agents_filing *f)
{
	const struct kit_demande *d = &f->demande;
	struct kit_usager owner = agents_owner(req->arena, s->agent->pseudonym);
	struct page_kit_agents_filing v = {
		.number = d->number, .name = kit_kind_name(k->service, req, d->kind), .state = d->state, .since_s = kit_demande_since_s(d),
		.filed_s = d->filed_at_s, .word = d->word, .open = f->open, .may_mark = s->agent->role >= KIT_INSTRUCTEUR, .notice = s->notice,
		.mot = s->word, .mot_error = s->word_error, .form_id = kit_form_new(k, req, &owner), .account = d->pseudonym.n > 0,
	};
	struct kit_page page;

	agents_page_open(k, req, s->agent, &page);
	v.answers = answers_of(k, req, &page.site, f);
	put_readings(req, s, f, &v);
	page_kit_agents_filing(&page.out, &page.site, &v);
	return kit_page_answer(k, req, &page, s->status);
}

/* always: what was typed is shown again, whether the filing is open to this agent or not. */
static struct http_resp *show(struct kit *k, const struct http_req *req, const struct shown *s, bool always)
{
	struct agents_filing *f = arena_new(req->arena, struct agents_filing);
	struct err e = agents_filing_load(k, req, s->agent, s->number, f);

	if (failed(e))
		return agents_error(k, req, s->agent, e);
	return f->open || always ? filing_page(k, req, s, f) : reason_page(k, req, s, &f->demande, false);
}

/* ---- GET /agents/demande ---- */

/* The word of the act that this page follows. */
static struct str notice_of(const struct http_req *req)
{
	struct str done = http_get(&req->query, "fait");

	return str_eq(done, STR("recue")) || str_eq(done, STR("terminee")) ? done : STR_NONE;
}

struct http_resp *agents_filing_get(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	struct shown s = { .number = http_get(&req->query, "numero"), .notice = notice_of(req), .status = 200 };
	struct http_pairs typed = { 0 };
	struct err e = kit_agent(k, req, &s.agent);

	if (failed(e))
		return agents_error(k, req, NULL, e);
	struct kit_usager owner = agents_owner(req->arena, s.agent->pseudonym);
	if (kit_draft_take(k, req, &owner, &typed) && str_eq(http_get(&typed, "numero"), s.number)) {
		s.word = http_get(&typed, "mot");
		s.notice = STR("expired");
	}
	return show(k, req, &s, false);
}

/* ---- POST /agents/ouvrir ---- */

static MUST struct err asked_by(struct kit *k, const struct http_req *req, const struct kit_agent **ret_agent)
{
	TRY(kit_agent(k, req, ret_agent));
	struct kit_usager owner = agents_owner(req->arena, (*ret_agent)->pseudonym);
	return kit_csrf_check(k, req, &owner);
}

struct http_resp *agents_open_post(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	struct shown s = { .number = http_get(&req->form, "numero"), .status = 422 };
	struct str reason = http_get(&req->form, "raison");
	struct err e = asked_by(k, req, &s.agent);

	if (failed(e))
		return agents_error(k, req, s.agent, e);
	if (!is_reason(reason)) {
		struct agents_filing *f = arena_new(req->arena, struct agents_filing);

		e = agents_filing_load(k, req, s.agent, s.number, f);
		return failed(e) ? agents_error(k, req, s.agent, e) : reason_page(k, req, &s, &f->demande, true);
	}
	e = agents_reading_add(k, req, s.agent, s.number, reason);
	return failed(e) ? agents_error(k, req, s.agent, e) : http_see_other(req, agents_filing_url(req->arena, s.number));
}

/* ---- POST /agents/demande ---- */

static struct http_resp *done(struct kit *k, const struct http_req *req, struct str number, const char *what)
{
	struct http_pair v[] = { { STR("numero"), number }, { STR("fait"), str_from_c(what) } };
	struct http_resp *resp = http_see_other(req, http_add_query(req->arena, STR("/agents/demande"), v, 2));

	kit_draft_drop(k, req, resp);
	return resp;
}

/* Another agent was first, or this one's own first click: the page says how it stands, and what was typed is there. */
static struct http_resp *too_late(struct kit *k, const struct http_req *req, struct shown *s, struct err e)
{
	struct http_resp *resp;

	s->notice = STR("done");
	s->status = 409;
	kit_audit_refusal(k, "agents.mark", e);
	resp = show(k, req, s, true);
	if (!failed(resp->outcome))
		resp->outcome = e;
	return resp;
}

static struct http_resp *mark_closed(struct kit *k, const struct http_req *req, struct shown *s)
{
	struct err e;

	s->word_error = str_from_c(kit_check_text(s->word, true, AGENTS_WORD_CHARS));
	if (s->word_error.n) {
		s->status = 422;
		return show(k, req, s, true);
	}
	e = agents_mark_closed(k, req, s->agent, s->number, s->word);
	if (e.kind == ERR_CONFLICT)
		return too_late(k, req, s, e);
	return failed(e) ? agents_error(k, req, s->agent, e) : done(k, req, s->number, "terminee");
}

static struct http_resp *mark_received(struct kit *k, const struct http_req *req, struct shown *s)
{
	struct err e = agents_mark_received(k, req, s->agent, s->number);

	if (e.kind == ERR_CONFLICT)
		return too_late(k, req, s, e);
	return failed(e) ? agents_error(k, req, s->agent, e) : done(k, req, s->number, "recue");
}

struct http_resp *agents_filing_post(void *kit, const struct http_req *req)
{
	struct kit *k = kit;
	struct shown s = { .number = http_get(&req->form, "numero"), .word = kit_lines(req->arena, http_get(&req->form, "mot")) };
	struct str act = http_get(&req->form, "acte");
	struct err e = asked_by(k, req, &s.agent);

	if (!failed(e) && s.agent->role < KIT_INSTRUCTEUR)
		e = err_of(DENIED, "agents.role");
	if (failed(e))
		return agents_error(k, req, s.agent, e);
	if (str_eq(act, STR("terminee")))
		return mark_closed(k, req, &s);
	if (str_eq(act, STR("recue")))
		return mark_received(k, req, &s);
	return agents_error(k, req, s.agent, err_of(MALFORMED, "agents.act"));
}
