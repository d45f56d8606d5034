import { expect, it } from 'vitest';
import { csvOf } from './csv';

it('a CSV file can be read again, leaves empty what is absent, and holds no formula', async () => {
	const csv = csvOf(['name', 'share'], [['a "b", c', 0.25], ['=SUM(A1)', null], ['-5', -5]]);
	expect(await csv.text()).toBe('name,share\r\n"a ""b"", c",0.25\r\n\'=SUM(A1),\r\n\'-5,-5\r\n');
});
