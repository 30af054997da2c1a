import type { Random } from './random.ts'

export type Language = 'bg' | 'ru' | 'en'
export type Name = { firstName: string; lastName: string }

const words = (text: string) => text.split(' ')

/** Surnames of men and women stand in the same order, so that a family has one surname. */
const NAMES: Record<Language, { men: string[]; women: string[]; surnames: { men: string[]; women: string[] } }> = {
  bg: {
    men: words('Георги Иван Димитър Петър Стефан Христо Николай Борис Калоян Асен Борислав Васил Пламен Огнян'),
    women: words('Мария Елена Десислава Йоана Гергана Цветелина Радка Силвия Ралица Весела Надежда Теодора Калина'),
    surnames: {
      men: words('Иванов Петров Димитров Георгиев Стоянов Николов Тодоров Ангелов Колев Маринов Илиев Пенев'),
      women: words(
        'Иванова Петрова Димитрова Георгиева Стоянова Николова Тодорова Ангелова Колева Маринова Илиева Пенева',
      ),
    },
  },
  ru: {
    men: words('Алексей Дмитрий Сергей Андрей Михаил Олег Павел Кирилл Юрий Игорь Роман Виктор Артём'),
    women: words('Анна Ольга Наталья Ирина Екатерина Татьяна Светлана Юлия Дарья Ксения Полина Вера Алёна'),
    surnames: {
      men: words('Смирнов Кузнецов Попов Волков Лебедев Козлов Новиков Морозов Соловьёв Зайцев Щербаков Фёдоров'),
      women: words(
        'Смирнова Кузнецова Попова Волкова Лебедева Козлова Новикова Морозова Соловьёва Зайцева Щербакова Фёдорова',
      ),
    },
  },
  en: {
    men: words('Oliver George Harry Jack Thomas William Samuel Henry Edward Alfie Liam Noah Arthur'),
    women: words('Amelia Emily Charlotte Sophie Isla Alice Lucy Eleanor Hannah Freya Zoe Martha Priya'),
    surnames: {
      men: words("Smith Taylor Brown Wilson Evans Walker O'Connor Hughes Green Clarke Patel Harris"),
      women: words("Smith Taylor Brown Wilson Evans Walker O'Connor Hughes Green Clarke Patel Harris"),
    },
  },
}

/** Given names and surnames that go together, for those who draw in SQL. */
export const namesOf = (language: Language) => {
  const { women, surnames } = NAMES[language]
  return { first: women, last: surnames.women }
}

/** Draws people of one family: the same surname, in the form of each. */
export const pickFamily = (random: Random, language: Language, size: number): Name[] => {
  const { surnames, ...given } = NAMES[language]
  const surname = random.int(0, surnames.men.length - 1)
  return Array.from({ length: size }, () => {
    const sex = random.pick(['men', 'women'] as const)
    // The index was drawn from this very length; both lists have it.
    return { firstName: random.pick(given[sex]), lastName: surnames[sex][surname]! }
  })
}

const LATIN: Record<string, string> = Object.fromEntries(
  words(
    'а:a б:b в:v г:g д:d е:e ё:yo ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:h ц:ts ч:ch ш:sh щ:sht ъ:a ы:y ь: э:e ю:yu я:ya',
  ).map((pair) => pair.split(':') as [string, string]),
)

/** The part of an address that a name suggests: "Соловьёва" is "solovyova". */
export const latin = (name: string) =>
  [...name.toLowerCase()].map((letter) => LATIN[letter] ?? letter.replace(/[^a-z]/, '')).join('')
