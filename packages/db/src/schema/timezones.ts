/**
 * A region of the IANA database, `UTC`, or a fixed offset as `Etc/GMT-2`. Neither `+02:00`, whose sign PostgreSQL reads the
 * other way round, nor abbreviations, which know no daylight saving time. Read alike by PostgreSQL and JavaScript.
 */
export const TIMEZONE_PATTERN = '^(UTC|Etc/GMT[+-][0-9]{1,2}|[A-Za-z_]+(/[A-Za-z_]+(-[A-Za-z_]+)*)+)$'
