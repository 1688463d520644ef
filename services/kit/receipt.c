/* receipt.c - the numbers that citizens write down: EL-2026-000123. */
#include "services/kit/kit_impl.h"

struct err kit_receipt_next(struct store_tx *tx, struct arena *a, const char *prefix, int64_t now_s, struct str *ret_number)
{
	int year = page_paris(now_s).year;
	struct str name = arena_printf(a, "%s-%d", prefix, year);
	struct store_row row;

	TRY(store_one(tx, "INSERT INTO kit_sequence (name, last) VALUES ($1, 1)"
		" ON CONFLICT (name) DO UPDATE SET last = kit_sequence.last + 1 RETURNING last", &row, str_(name)));
	ENSURE(row.found, BROKEN, "kit.sequence");
	*ret_number = arena_printf(a, STR_FMT "-%06lld", STR_ARG(name), (long long)row_int(&row, 0));
	return NO_ERR;
}
