import type { Translated } from '../../texts.ts'
import type { settings as en } from '../en/settings.ts'

export const settings: Translated<typeof en> = {
  title: 'Настройки',
  ofCompany: 'Настройки на фирмата',
  ofComplex: 'Настройки: {name}',
  ofPlatform: 'Настройки на платформата',
  companyLead: 'Решеното от фирмата важи във всеки комплекс, за който не е решено друго.',
  complexLead: 'Решеното тук важи само за този комплекс.',
  platformLead: 'Важи за всяка фирма, която не е решила друго.',
  company: 'Фирма',
  editCompany: 'Редактирай фирмата',
  group: { invites: 'Покани за живущи', claims: 'Искания за дом', security: 'Сигурност', staff: 'Служители' },
  source: {
    default: 'По подразбиране',
    platform: 'От платформата',
    company: 'От фирмата',
    complex: 'Решено за комплекса',
    own: 'Решено тук',
  },
  inheritAgain: 'Наследи отново',
  inheritAgainOf: 'Наследи отново: {name}',
  wouldBe: 'Ще бъде: {value}',
  saved: '{name}: запазено',
  reset: '{name}: отново се наследява',
  noLimit: 'Без ограничение',
  limit: 'Ограничение',
  yes: 'Да',
  no: 'Не',
  /** Beside a field. */
  inDays: 'дни',
  days: '{count} ден | {count} дни',
  readOnly: 'Можете да гледате тези настройки; променя ги директорът.',
  key: {
    invites: {
      ttlDays: 'Поканата важи',
      maxActivePerUnit: 'Отворени покани за един обект',
      familyByResidents: 'Живущите могат да канят семейството си',
    },
    claims: {
      open: 'Дом може да се поиска и без покана',
    },
    security: {
      staffSecondFactor: 'Служителите влизат с втори фактор',
    },
    staff: {
      inviteTtlDays: 'Поканата за служител важи',
    },
  },
  help: {
    invites: {
      ttlDays: 'В дни, от 1 до 90. Вече издадените покани запазват срока си.',
      maxActivePerUnit:
        'Докато толкова са отворени, нова покана не се издава. Ако намалите броя, вече отворените важат нататък: излишните отменете сами.',
      familyByResidents: 'Кани собственик или наемател; виждате го в обекта.',
    },
    claims: {
      open: 'Вижда се само, че комплексът съществува; одобрявате вие.',
    },
    security: {
      staffSecondFactor: 'Който няма такъв, го настройва при следващото влизане.',
    },
    staff: {
      inviteTtlDays: 'В дни, от 1 до 30.',
    },
  },
}
