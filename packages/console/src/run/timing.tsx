import { duration } from '../format/numbers.ts';

/** Steps of a call one after the other, as the node measured them. */
export const Timing = ({ steps, total }: { steps: Readonly<Record<string, number>>; total: number | undefined }) => {
  const all = Object.entries(steps).filter(([name]) => name !== 'total');
  const sum = Math.max(
    all.reduce((so, [, ms]) => so + ms, 0),
    0.001,
  );
  let from = 0;
  if (all.length === 0) return null;
  return (
    <figure className="stack tight">
      <figcaption className="row spread">
        <h3>Where the time went</h3>
        <span className="soft small num">
          {duration(sum)} in the node{total !== undefined && `, ${duration(total)} from here`}
        </span>
      </figcaption>
      <table className="timing">
        <tbody>
          {all.map(([name, ms]) => {
            const x = (from / sum) * 100;
            from += ms;
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className="num right">{duration(ms)}</td>
                <td aria-hidden="true">
                  <svg width="100%" height="8" preserveAspectRatio="none">
                    <rect x={`${x}%`} width={`${Math.max(0.6, (ms / sum) * 100)}%`} height="8" rx="2" />
                  </svg>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </figure>
  );
};
