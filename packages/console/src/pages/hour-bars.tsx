import { count } from '../format/numbers.ts';

interface Hour {
  hour: number;
  today: { calls: number; failed: number };
  yesterday: number;
}

const HIGH = 120;
const WIDE = 30;

/** Calls of each hour, today's as bars and yesterday's as lines. */
export const HourBars = ({ hours }: { hours: readonly Hour[] }) => {
  const most = Math.max(1, ...hours.map(({ today, yesterday }) => Math.max(today.calls, yesterday)));
  const total = hours.reduce((sum, { today }) => sum + today.calls, 0);
  const y = (calls: number): number => HIGH - (calls / most) * (HIGH - 4);
  return (
    <figure>
      <div className="scroll-x">
        <svg
          viewBox={`0 0 ${24 * WIDE} ${HIGH + 20}`}
          className="hours"
          role="img"
          aria-label={`${count(total)} calls today, at most ${count(most)} in an hour`}
        >
          <title>Calls by the hour</title>
          <line x1="0" x2={24 * WIDE} y1={HIGH} y2={HIGH} className="axis" />
          {hours.map(({ hour, today, yesterday }) => (
            <g key={hour}>
              <title>{`${hour}:00: ${count(today.calls)} calls today, ${count(today.failed)} not ok; ${count(yesterday)} yesterday`}</title>
              <rect x={hour * WIDE} y="0" width={WIDE} height={HIGH} className="catch" />
              <rect
                x={hour * WIDE + 4}
                y={y(today.calls)}
                width={WIDE - 8}
                height={HIGH - y(today.calls)}
                rx="2"
                className="ok"
              />
              <rect
                x={hour * WIDE + 4}
                y={y(today.failed)}
                width={WIDE - 8}
                height={HIGH - y(today.failed)}
                rx="2"
                className="failed"
              />
              {yesterday > 0 && (
                <line
                  x1={hour * WIDE + 1}
                  x2={(hour + 1) * WIDE - 1}
                  y1={y(yesterday)}
                  y2={y(yesterday)}
                  className="before"
                />
              )}
              {hour % 3 === 0 && (
                <text x={hour * WIDE + WIDE / 2} y={HIGH + 15} textAnchor="middle">
                  {hour}:00
                </text>
              )}
            </g>
          ))}
        </svg>
      </div>
      <figcaption className="row small soft legend">
        <span className="ok">ok</span>
        <span className="failed">not ok</span>
        <span className="before">yesterday</span>
      </figcaption>
    </figure>
  );
};
