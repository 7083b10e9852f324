const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** A time, short: today the clock, else the day too; whole where one points at it. */
export const Time = ({ at }: { at: string }) => {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={`${exact.format(date)} (${at})`} className="num">
      {today ? clock.format(date) : `${day.format(date)} ${clock.format(date).slice(0, 5)}`}
    </time>
  );
};
