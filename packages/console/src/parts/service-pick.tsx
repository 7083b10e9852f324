import { useQuery } from '@tanstack/react-query';
import { allServices } from '../pages/services-query.ts';
import { useSession } from '../session/session.tsx';

/** One of the account's services, or all. */
export const ServicePick = ({ value, onChange }: { value: string; onChange(value: string): void }) => {
  const { client, may } = useSession();
  const services = useQuery({ ...allServices(client), enabled: may('service.read') });
  const names = (services.data ?? []).map(({ name }) => name);
  return (
    <label>
      <span className="soft small">Service</span>
      <select className="input" value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">all</option>
        {/* One that was removed has calls, too. */}
        {value !== '' && !names.includes(value) && <option>{value}</option>}
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
};
