import type { Translated } from '../../texts.ts'
import type { reset as source } from '../en/reset.ts'

export const reset: Translated<typeof source> = {
  request: {
    title: 'Нова парола',
    lead: 'Напишете имейл адреса си и ще ви изпратим връзка.',
    action: 'Изпрати връзка',
    backToSignIn: 'Назад към входа',
    sentTitle: 'Проверете пощата си',
    sent: 'Ако за {email} има профил, писмото с връзка вече е на път. Тя работи един час.',
    hint: 'Няма нищо след няколко минути? Погледнете в спама или опитайте с друг адрес.',
    again: 'Опитай с друг адрес',
  },
  choose: {
    title: 'Нова парола',
    checking: 'Проверяваме връзката',
    action: 'Запази новата парола',
    doneTitle: 'Паролата е сменена',
    done: 'Всички сеанси са прекратени. Влезте с новата парола.',
    signIn: 'Влез',
    invalidTitle: 'Тази връзка вече не работи',
    invalid: 'Може да е изтекла или вече използвана. Поискайте нова.',
    requestNew: 'Изпрати нова връзка',
  },
}
