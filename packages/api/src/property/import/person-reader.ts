import type { PersonColumn, RowProblem } from '@servai/contract/imports'
import type { ResidencyKind } from '@servai/db/schema/enums'
import { uuidv7 } from 'uuidv7'
import {
  emailKeyOf,
  isFamilyFirst,
  parseDay,
  parseEmail,
  parseKind,
  parsePhone,
  parseYesNo,
  phoneKeyOf,
  splitName,
} from './person-values.ts'
import { createCarrier, createCells, problemOf, type ReaderOptions, type RowReader } from './row-reader.ts'
import { placeProblems } from './unit-reader.ts'
import { parseShare } from './values.ts'

const MAX_NAME = 100

type Text = (column: PersonColumn) => string
type Part<T> = { value: T; problems: RowProblem[] }

const good = <T>(value: T): Part<T> => ({ value, problems: [] })
const bad = <T>(value: T, ...problems: RowProblem[]): Part<T> => ({ value, problems })

const readName = (text: Text, familyFirst: boolean) => {
  const [firstName, lastName, whole] = [text('firstName'), text('lastName'), text('name')]
  const name = firstName || lastName ? { firstName, lastName } : splitName(whole, familyFirst)
  const shown = whole || `${firstName} ${lastName}`.trim()
  if (!name.firstName) return bad(name, problemOf('name', 'name_missing', shown))
  if (!name.lastName) return bad(name, problemOf('name', 'last_name_missing', shown))
  const isLong = name.firstName.length > MAX_NAME || name.lastName.length > MAX_NAME
  return isLong ? bad(name, problemOf('name', 'text_too_long', shown)) : good(name)
}

const readKind = (text: Text, hasColumn: boolean): Part<ResidencyKind> => {
  const given = text('kind')
  // A list without such a column is one of owners.
  if (!hasColumn) return good('owner')
  if (given === '') return bad('owner', problemOf('kind', 'kind_missing', given))
  const kind = parseKind(given)
  return kind ? good(kind) : bad('owner', problemOf('kind', 'kind_unknown', given))
}

/** Only owners have a share; what stands there for others is not looked at. */
const readShare = (text: Text, kind: ResidencyKind, isPercentColumn: boolean) => {
  const given = text('share')
  if (given === '' || kind !== 'owner') return good(null)
  const share = parseShare(given, isPercentColumn)
  if (!share) return bad(null, problemOf('share', 'share_not_a_number', given))
  return share.numerator > share.denominator ? bad(null, problemOf('share', 'share_above_whole', given)) : good(share)
}

const readDay = (text: Text, column: 'startsOn' | 'endsOn', isMonthFirst: boolean): Part<string | null> => {
  const given = text(column)
  if (given === '' || /^[-–—]$/.test(given)) return good(null)
  const day = parseDay(given, isMonthFirst)
  return day ? good(day) : bad(null, problemOf(column, 'date_invalid', given))
}

const readContact = (text: Text, wantsAccount: Part<boolean>): Part<{ email: string | null; phone: string | null }> => {
  const [givenEmail, givenPhone] = [text('email'), text('phone')]
  const email = givenEmail === '' ? null : parseEmail(givenEmail)
  const phone = givenPhone === '' ? null : parsePhone(givenPhone)
  return {
    value: { email, phone },
    problems: [
      ...wantsAccount.problems,
      ...(givenEmail !== '' && !email ? [problemOf('email', 'email_invalid', givenEmail)] : []),
      ...(givenEmail === '' && wantsAccount.value ? [problemOf('email', 'email_missing', givenEmail)] : []),
      ...(givenPhone !== '' && phone === null ? [problemOf('phone', 'phone_invalid', givenPhone)] : []),
    ],
  }
}

/** A file that knows e-mail addresses wants an account for everybody, unless a column says for whom it does not. */
const readAccount = (text: Text, hasColumn: boolean, hasEmails: boolean): Part<boolean> => {
  const given = text('account')
  if (!hasColumn) return good(hasEmails)
  if (given === '') return good(false)
  const wanted = parseYesNo(given)
  return wanted === null ? bad(false, problemOf('account', 'account_unclear', given)) : good(wanted)
}

/** `isComplexNamed`: no complex was chosen for the file, so each row has to name its own. */
export const createPersonReader = (
  { mapping, headers, hints: { isPercentColumn, isMonthFirst } }: ReaderOptions,
  isComplexNamed: boolean,
): RowReader => {
  const textOf = createCells(mapping)
  const carry = createCarrier(mapping)
  const familyFirst = mapping.name !== undefined && isFamilyFirst(headers[mapping.name] ?? '')
  const has = (column: PersonColumn) => mapping[column] !== undefined

  return (given) => {
    const cells = carry(given)
    const text: Text = (column) => textOf(cells, column)
    const place = {
      complex: text('complex'),
      building: text('building'),
      entrance: text('entrance'),
      number: text('number'),
    }
    if (!place.number && !text('name') && !text('firstName') && !text('lastName') && !text('email') && !text('phone'))
      return null
    const name = readName(text, familyFirst)
    const contact = readContact(text, readAccount(text, has('account'), has('email')))
    const kind = readKind(text, has('kind'))
    const share = readShare(text, kind.value, isPercentColumn)
    const startsOn = readDay(text, 'startsOn', isMonthFirst)
    const endsOn = readDay(text, 'endsOn', isMonthFirst)
    const isBackwards = startsOn.value !== null && endsOn.value !== null && endsOn.value <= startsOn.value
    const problems = [
      ...placeProblems(place, isComplexNamed),
      ...[name, contact, kind, share, startsOn, endsOn].flatMap((part) => part.problems),
      ...(isBackwards ? [problemOf('endsOn', 'ends_before_start', text('endsOn'))] : []),
    ]
    if (problems.length > 0) return { data: null, problems, cells }

    const { email, phone } = contact.value
    const { firstName, lastName } = name.value
    const nameKey = `${firstName} ${lastName}`.toLowerCase()
    const emailKey = email && emailKeyOf(email)
    const phoneKey = phone && phoneKeyOf(phone)
    return {
      data: {
        id: uuidv7(),
        newPersonId: uuidv7(),
        complex: isComplexNamed ? place.complex.toLowerCase() : null,
        building: place.building,
        entrance: place.entrance || null,
        number: place.number,
        firstName,
        lastName,
        nameKey,
        email,
        emailKey,
        phone,
        phoneKey,
        // Who is meant: rows of one file with the same key are one person.
        personKey:
          emailKey ??
          (phoneKey ? `${phoneKey}` : JSON.stringify([nameKey, place.complex, place.building, place.number])),
        kind: kind.value,
        shareNumerator: share.value?.numerator ?? null,
        shareDenominator: share.value?.denominator ?? null,
        startsOn: startsOn.value,
        endsOn: endsOn.value,
      },
      problems,
      cells,
    }
  }
}
