/* clock.c - see clock.h. Own calendar: gmtime_r() reads the time zone's files. */
#include "base/clock.h"
#include <time.h>

int64_t clock_wall_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

int64_t clock_mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

/* A year that starts in March puts the leap day last, so that a month's start is a
 * linear formula; an era is the 400 years after which the calendar repeats. */
int64_t date_to_days(int year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t march = (5 * of_year + 2) / 153;

	*ret_day = (int)(of_year - (153 * march + 2) / 5 + 1);
	*ret_month = (int)(march < 10 ? march + 3 : march - 9);
	*ret_year = (int)(year + era * 400 + (*ret_month <= 2));
}

bool date_is_valid(int year, int month, int day)
{
	int y, m, d;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	date_from_days(date_to_days(year, month, day), &y, &m, &d);
	return y == year && m == month && d == day;
}

struct str time_format_utc(struct arena *a, int64_t t_s)
{
	int64_t days = t_s / 86400, rest = t_s % 86400;
	int y, m, d;

	date_from_days(days, &y, &m, &d);
	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", y, m, d,
		(int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}
