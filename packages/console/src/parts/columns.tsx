/** A column: what it is called, and how its cells stand. `unseen`: named for who does not see the page. */
export type Column = readonly [title: string, how?: 'right' | 'wide' | 'right wide' | 'unseen'];

/** The head of a table. Columns that are `wide` are left out on narrow screens. */
export const Columns = ({ of }: { of: readonly Column[] }) => (
  <thead>
    <tr>
      {of.map(([title, how]) => (
        <th key={title} scope="col" className={how === 'unseen' ? undefined : how}>
          {how === 'unseen' ? <span className="unseen">{title}</span> : title}
        </th>
      ))}
    </tr>
  </thead>
);
