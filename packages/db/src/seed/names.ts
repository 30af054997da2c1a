import type { Random } from './random.ts'

type Pool = { first: readonly string[]; last: readonly string[] }
type Language = 'bg' | 'ru' | 'en'

const words = (text: string) => text.split(' ')

const POOLS: Record<Language, { men: Pool; women: Pool }> = {
  bg: {
    men: {
      first: words('Георги Иван Димитър Петър Стефан Христо Николай Борис Калоян Асен Борислав Васил Пламен Огнян'),
      last: words('Иванов Петров Димитров Георгиев Стоянов Николов Тодоров Ангелов Колев Маринов Илиев Пенев Желязков'),
    },
    women: {
      first: words('Мария Елена Десислава Йоана Гергана Цветелина Радка Силвия Ралица Весела Надежда Теодора Калина'),
      last: words('Иванова Петрова Димитрова Георгиева Стоянова Николова Тодорова Ангелова Колева Маринова Илиева Пенева'),
    },
  },
  ru: {
    men: {
      first: words('Алексей Дмитрий Сергей Андрей Михаил Олег Павел Кирилл Юрий Игорь Роман Виктор Артём'),
      last: words('Смирнов Кузнецов Попов Волков Лебедев Козлов Новиков Морозов Соловьёв Зайцев Щербаков Фёдоров'),
    },
    women: {
      first: words('Анна Ольга Наталья Ирина Екатерина Татьяна Светлана Юлия Дарья Ксения Полина Вера Алёна'),
      last: words('Смирнова Кузнецова Попова Волкова Лебедева Козлова Новикова Морозова Соловьёва Зайцева Щербакова'),
    },
  },
  en: {
    men: {
      first: words('Oliver George Harry Jack Thomas William Samuel Henry Edward Alfie Liam Noah Arthur'),
      last: words("Smith Taylor Brown Wilson Evans Walker O'Connor Hughes Green Clarke Patel Wood Harris Khan"),
    },
    women: {
      first: words('Amelia Emily Charlotte Sophie Isla Alice Lucy Eleanor Hannah Freya Zoe Martha Priya'),
      last: words("Smith Taylor Brown Wilson Evans Walker O'Connor Hughes Green Clarke Patel Wood Harris Khan"),
    },
  },
}

const LATIN: Record<string, string> = Object.fromEntries(
  words(
    'а:a б:b в:v г:g д:d е:e ё:yo ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:h ц:ts ч:ch ш:sh щ:sht ъ:a ы:y ь: э:e ю:yu я:ya',
  ).map((pair) => pair.split(':') as [string, string]),
)

/** The part of an address that a name suggests: "Соловьёва" is "solovyova". */
export const latin = (name: string) =>
  [...name.toLowerCase()].map((letter) => LATIN[letter] ?? letter.replace(/[^a-z]/, '')).join('')

/** A household: the first two with one surname each of a man and a woman, in one language. */
export const pickPerson = (random: Random, language: Language) => {
  const { first, last } = random.pick(Object.values(POOLS[language]))
  return { firstName: random.pick(first), lastName: random.pick(last) }
}

export type { Language }
