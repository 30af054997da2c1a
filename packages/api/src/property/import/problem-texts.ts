import type { ImportProblem, RowProblem } from '@servai/contract/imports'
import type { Locale } from '@servai/contract/locales'

type Texts = { heading: string; sameAs: (row: number) => string; problems: Record<ImportProblem, string> }

const EN: Texts = {
  heading: 'What is wrong',
  sameAs: (row) => `see row ${row}`,
  problems: {
    complex_missing: 'the complex is missing',
    complex_unknown: 'there is no such complex',
    building_missing: 'the building is missing',
    number_missing: 'the number is missing',
    number_too_long: 'the number is too long',
    area_missing: 'the area is missing',
    area_not_a_number: 'the area is not a number',
    area_not_positive: 'the area has to be above zero',
    floor_not_a_number: 'the floor is not a number',
    type_unknown: 'the type is unknown',
    share_not_a_number: 'the share cannot be read',
    share_above_whole: 'the share is above one whole',
    shares_exceed_whole: 'with it the owners would have more than the whole home',
    name_missing: 'the name is missing',
    last_name_missing: 'the family name is missing',
    email_invalid: 'the e-mail address is not valid',
    email_missing: 'an account needs an e-mail address',
    phone_invalid: 'the phone number is not valid',
    kind_missing: 'owner, tenant or family is missing',
    kind_unknown: 'neither owner nor tenant nor family',
    date_invalid: 'the date cannot be read',
    ends_before_start: 'the end is not after the beginning',
    account_unclear: 'neither yes nor no',
    unit_unknown: 'there is no such home',
    residency_overlaps: 'the person lives there at that time already',
    other_name: 'the same person goes by another name',
    homes_elsewhere: 'the person has homes elsewhere: the e-mail address is changed by who looks after all of them',
    duplicate_in_file: 'it is in the file twice',
    text_too_long: 'the text is too long',
  },
}

const RU: Texts = {
  heading: 'Что не так',
  sameAs: (row) => `см. строку ${row}`,
  problems: {
    complex_missing: 'не указан комплекс',
    complex_unknown: 'такого комплекса нет',
    building_missing: 'не указан дом',
    number_missing: 'не указан номер',
    number_too_long: 'номер слишком длинный',
    area_missing: 'не указана площадь',
    area_not_a_number: 'площадь не является числом',
    area_not_positive: 'площадь должна быть больше нуля',
    floor_not_a_number: 'этаж не является числом',
    type_unknown: 'неизвестный тип помещения',
    share_not_a_number: 'не удалось прочитать долю',
    share_above_whole: 'доля больше целого',
    shares_exceed_whole: 'вместе с ней доли собственников больше целого',
    name_missing: 'не указано имя',
    last_name_missing: 'не указана фамилия',
    email_invalid: 'неверный адрес электронной почты',
    email_missing: 'для аккаунта нужен адрес электронной почты',
    phone_invalid: 'неверный номер телефона',
    kind_missing: 'не указано, собственник это, арендатор или член семьи',
    kind_unknown: 'не собственник, не арендатор и не член семьи',
    date_invalid: 'не удалось прочитать дату',
    ends_before_start: 'конец не позже начала',
    account_unclear: 'ни да, ни нет',
    unit_unknown: 'такого помещения нет',
    residency_overlaps: 'этот человек уже живёт там в это время',
    other_name: 'тот же человек назван по-другому',
    homes_elsewhere: 'у человека есть жильё и в другом месте: адрес почты меняет тот, кто отвечает за всё',
    duplicate_in_file: 'в файле дважды',
    text_too_long: 'текст слишком длинный',
  },
}

const BG: Texts = {
  heading: 'Какво не е наред',
  sameAs: (row) => `вижте ред ${row}`,
  problems: {
    complex_missing: 'липсва комплексът',
    complex_unknown: 'няма такъв комплекс',
    building_missing: 'липсва сградата',
    number_missing: 'липсва номерът',
    number_too_long: 'номерът е твърде дълъг',
    area_missing: 'липсва площта',
    area_not_a_number: 'площта не е число',
    area_not_positive: 'площта трябва да е над нула',
    floor_not_a_number: 'етажът не е число',
    type_unknown: 'непознат вид обект',
    share_not_a_number: 'делът не може да се прочете',
    share_above_whole: 'делът е над едно цяло',
    shares_exceed_whole: 'с него дяловете на собствениците надхвърлят цялото',
    name_missing: 'липсва името',
    last_name_missing: 'липсва фамилното име',
    email_invalid: 'невалиден имейл адрес',
    email_missing: 'за профил е нужен имейл адрес',
    phone_invalid: 'невалиден телефонен номер',
    kind_missing: 'липсва дали е собственик, наемател или член на семейството',
    kind_unknown: 'не е собственик, наемател или член на семейството',
    date_invalid: 'датата не може да се прочете',
    ends_before_start: 'краят не е след началото',
    account_unclear: 'нито да, нито не',
    unit_unknown: 'няма такъв обект',
    residency_overlaps: 'човекът вече живее там по това време',
    other_name: 'същият човек е с друго име',
    homes_elsewhere: 'лицето има жилища и другаде: имейлът се променя от този, който отговаря за всички',
    duplicate_in_file: 'среща се два пъти във файла',
    text_too_long: 'текстът е твърде дълъг',
  },
}

const TEXTS: Record<Locale, Texts> = { en: EN, ru: RU, bg: BG }

/** Heads the column that says what is wrong. */
export const problemHeading = (locale: Locale) => TEXTS[locale].heading

/** What is wrong with a row, in one line. */
export const describeProblems = (locale: Locale, problems: readonly RowProblem[]) => {
  const { problems: texts, sameAs } = TEXTS[locale]
  return problems
    .map(({ problem, value, sameAsRow }) => {
      const shown = value === '' ? texts[problem] : `${texts[problem]}: ${value}`
      return sameAsRow === null ? shown : `${shown} (${sameAs(sameAsRow)})`
    })
    .join('; ')
}
