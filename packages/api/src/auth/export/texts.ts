import type { Locale } from '@servai/contract/locales'

type Readme = { title: string; lead: string; files: Record<string, string>; left: string[] }

/** What stands in the file that people open first. */
const TEXTS: Record<Locale, Readme> = {
  en: {
    title: 'Your data at servAI',
    lead: 'Everything that your account has here, as of {at} (UTC). The files are JSON: any text editor opens them. Times are UTC.',
    files: {
      account: 'your account: name, address, language',
      'email-changes': 'changes of your e-mail address',
      sessions: 'where and when you were signed in; networks, not addresses',
      'second-factors': 'authenticator app, passkeys, recovery codes and trusted browsers, without their secrets',
      roles: 'your roles and profiles as a member of staff, and your API keys without their secrets',
      people: 'what management companies have written down about you',
      homes: 'your homes, past ones too',
      requests: 'your requests for homes, and the answers',
      invites: 'invites that you made or accepted, without the people you invited',
      activity: 'what you did and what was done to your data, as far as the log is kept',
    },
    left: [
      'Not in here: your password, codes and keys, which nobody can read, and the data of other people.',
      'Messages we sent you are not kept. Management companies keep their own records of homes; ask them about those.',
    ],
  },
  ru: {
    title: 'Ваши данные в servAI',
    lead: 'Всё, что есть у вашей учётной записи, на {at} (UTC). Файлы в формате JSON: их открывает любой текстовый редактор. Время указано по UTC.',
    files: {
      account: 'ваша учётная запись: имя, адрес, язык',
      'email-changes': 'смены адреса почты',
      sessions: 'где и когда вы входили; сети, а не адреса',
      'second-factors': 'приложение с кодами, ключи входа, резервные коды и доверенные браузеры, без секретов',
      roles: 'ваши роли и профили сотрудника, а также ключи API без секретов',
      people: 'что о вас записали управляющие компании',
      homes: 'ваше жильё, в том числе прошлое',
      requests: 'ваши запросы на жильё и ответы',
      invites: 'приглашения, которые вы создали или приняли, без тех, кого вы пригласили',
      activity: 'что делали вы и что делали с вашими данными, насколько хранится журнал',
    },
    left: [
      'Здесь нет вашего пароля, кодов и ключей, которых никто не может прочитать, и нет данных других людей.',
      'Отправленные вам письма не хранятся. Управляющие компании ведут собственные записи о жилье; о них спросите сами компании.',
    ],
  },
  bg: {
    title: 'Вашите данни в servAI',
    lead: 'Всичко, което профилът ви има тук, към {at} (UTC). Файловете са JSON: отваря ги всеки текстов редактор. Времето е по UTC.',
    files: {
      account: 'вашият профил: име, адрес, език',
      'email-changes': 'смени на имейл адреса ви',
      sessions: 'къде и кога сте влизали; мрежи, не адреси',
      'second-factors': 'приложение с кодове, ключове за достъп, резервни кодове и доверени браузъри, без тайните им',
      roles: 'вашите роли и профили като служител и ключовете ви за API без тайните им',
      people: 'какво са записали за вас управляващите фирми',
      homes: 'вашите домове, и предишните',
      requests: 'вашите искания за дом и отговорите',
      invites: 'покани, които сте направили или приели, без хората, които сте поканили',
      activity: 'какво сте правили вие и какво е правено с данните ви, доколкото се пази дневникът',
    },
    left: [
      'Тук ги няма паролата, кодовете и ключовете ви, които никой не може да прочете, нито данните на други хора.',
      'Съобщенията, които сме ви изпратили, не се пазят. Управляващите фирми водят свои записи за домовете; попитайте тях.',
    ],
  },
}

/** `names`: of the files beside it, without their ending. */
export const readmeOf = (locale: Locale, names: readonly string[], at: Date): string => {
  const { title, lead, files, left } = TEXTS[locale]
  const listed = names.map((name) => `${name}.json: ${files[name] ?? name}`)
  const when = at.toISOString().slice(0, 16).replace('T', ' ')
  return [title, '', lead.replace('{at}', when), '', ...listed, '', ...left, ''].join('\r\n')
}
