import type { Translated } from '../../texts.ts'
import type { settings as en } from '../en/settings.ts'

export const settings: Translated<typeof en> = {
  title: 'Настройки',
  ofCompany: 'Настройки компании',
  ofComplex: 'Настройки: {name}',
  ofPlatform: 'Настройки платформы',
  companyLead: 'Решение компании действует во всех комплексах, где не решено иначе.',
  complexLead: 'Решение здесь действует только в этом комплексе.',
  platformLead: 'Действует для каждой компании, которая не решила иначе.',
  company: 'Компания',
  editCompany: 'Изменить компанию',
  group: { invites: 'Приглашения жителям', claims: 'Запросы на жильё', security: 'Безопасность', staff: 'Сотрудники' },
  source: {
    default: 'По умолчанию',
    platform: 'От платформы',
    company: 'От компании',
    complex: 'Решено для комплекса',
    own: 'Решено здесь',
  },
  inheritAgain: 'Снова наследовать',
  inheritAgainOf: 'Снова наследовать: {name}',
  wouldBe: 'Будет: {value}',
  saved: '{name}: сохранено',
  reset: '{name}: снова наследуется',
  noLimit: 'Без ограничения',
  limit: 'Ограничение',
  yes: 'Да',
  no: 'Нет',
  /** Beside a field. */
  inDays: 'дн.',
  days: '{count} день | {count} дня | {count} дней',
  readOnly: 'Эти настройки можно смотреть; меняет их директор.',
  key: {
    invites: {
      ttlDays: 'Приглашение действует',
      maxActivePerUnit: 'Открытых приглашений на помещение',
      familyByResidents: 'Жители могут приглашать семью',
    },
    claims: {
      open: 'Жильё можно запросить без приглашения',
    },
    security: {
      staffSecondFactor: 'Сотрудники входят со вторым фактором',
    },
    staff: {
      inviteTtlDays: 'Приглашение сотруднику действует',
    },
  },
  help: {
    invites: {
      ttlDays: 'В днях, от 1 до 90. Уже выданные приглашения сохраняют свой срок.',
      maxActivePerUnit:
        'Пока столько открыто, новое приглашение не выдаётся. Если уменьшить число, уже открытые действуют дальше: лишние отзовите сами.',
      familyByResidents: 'Приглашает собственник или арендатор; вы видите это в помещении.',
    },
    claims: {
      open: 'Видно только, что комплекс есть; запрос одобряете вы.',
    },
    security: {
      staffSecondFactor: 'У кого его нет, настроит его при следующем входе.',
    },
    staff: {
      inviteTtlDays: 'В днях, от 1 до 30.',
    },
  },
}
