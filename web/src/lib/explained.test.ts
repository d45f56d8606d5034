import { describe, expect, it } from 'vitest';
import { explained } from './explained';

const TEXT = `Any department
==============

Policy generic, version 1.

When the camera must record
---------------------------

During every assignment: from the moment
the officer arrived. [law]

- Active shooter (code active_shooter).
  No approval needed. [policy]
- Exigent. [policy]

After the list.
`;

describe('an explained policy', () => {
	it('has a section for each heading, paragraphs in one line, and lists', () => {
		expect(explained(TEXT)).toEqual([
			{ heading: 'Any department', parts: ['Policy generic, version 1.'] },
			{
				heading: 'When the camera must record',
				parts: [
					'During every assignment: from the moment the officer arrived. [law]',
					['Active shooter (code active_shooter). No approval needed. [policy]', 'Exigent. [policy]'],
					'After the list.'
				]
			}
		]);
	});
	it('is paragraphs where it has no headings', () => {
		expect(explained('one\n\ntwo')).toEqual([{ heading: '', parts: ['one', 'two'] }]);
	});
});
