/* clock.h - the two clocks. An instant is UTC seconds in int64_t.
 *
 * The engine reads the wall clock once a request (req->now_s). Monotonic time is for
 * deadlines in roles/ and base only.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include "base/arena.h"

int64_t clock_wall_s(void);
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* "2026-11-24T10:42:00Z" (RFC 3339, xs:dateTime); years 1970 to 9999. */
struct str time_format_utc(struct arena *a, int64_t t_s);
/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t date_to_days(int year, int month, int day);
void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day);
bool date_is_valid(int year, int month, int day);
#endif
