import type { Translated } from '../../texts.ts'
import type { reset as source } from '../en/reset.ts'

export const reset: Translated<typeof source> = {
  request: {
    title: 'Новый пароль',
    lead: 'Укажите адрес почты, и мы отправим ссылку.',
    action: 'Отправить ссылку',
    backToSignIn: 'Вернуться ко входу',
    sentTitle: 'Проверьте почту',
    sent: 'Если для {email} есть учётная запись, письмо со ссылкой уже в пути. Она работает один час.',
    hint: 'Через несколько минут ничего нет? Загляните в спам или укажите другой адрес.',
    again: 'Указать другой адрес',
  },
  choose: {
    title: 'Новый пароль',
    checking: 'Проверяем ссылку',
    action: 'Сохранить новый пароль',
    doneTitle: 'Пароль изменён',
    done: 'Все сеансы завершены. Войдите с новым паролем.',
    signIn: 'Войти',
    invalidTitle: 'Эта ссылка больше не работает',
    invalid: 'Возможно, она устарела или уже использована. Запросите новую.',
    requestNew: 'Отправить новую ссылку',
  },
}
