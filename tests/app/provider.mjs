// An agency's identity provider with a page of its own, for a person at a browser (tests/identity has one for programs):
// it asks who one is and believes it. Prints its address when it answers; ends with its standard input.
//
//   node provider.mjs REDIRECT_URI
import { createServer } from 'node:http';
import process from 'node:process';
import Provider from '../identity/node_modules/oidc-provider/lib/index.js';

const PEOPLE = {
    ann: { sub: 'subject-of-ann', name: 'Ann at the agency' },
    bob: { sub: 'subject-of-bob', name: 'Bob whom nobody here knows' },
};
const called = (account) => Object.values(PEOPLE).find((person) => person.sub === account);

const server = createServer();
server.listen(0, '127.0.0.1', () => {
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const provider = new Provider(issuer, {
        clients: [
            {
                client_id: 'onrecord',
                client_secret: 'a secret of the tests',
                redirect_uris: [process.argv[2]],
                response_types: ['code'],
                grant_types: ['authorization_code'],
            },
        ],
        claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
        cookies: { keys: ['a key of the tests'] },
        features: { devInteractions: { enabled: false } },
        pkce: { required: () => true },
        findAccount: (_, sub) => ({ accountId: sub, claims: () => called(sub) }),
        interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    });
    server.on('request', (request, answer) => {
        const at = new URL(request.url, issuer);
        if (!at.pathname.startsWith('/interaction/')) {
            provider.callback()(request, answer);
            return;
        }
        interact(provider, request, answer, at.searchParams).catch((error) => {
            answer.statusCode = 500;
            answer.end(String(error));
        });
    });
    console.log(issuer);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

async function interact(provider, request, answer, said) {
    const { prompt, params, session } = await provider.interactionDetails(request, answer);
    if (said.has('leave')) {
        await provider.interactionFinished(request, answer, { error: 'access_denied' });
    } else if (prompt.name !== 'login') {
        const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
        grant.addOIDCScope('openid profile email');
        await provider.interactionFinished(request, answer, { consent: { grantId: await grant.save() } });
    } else if (PEOPLE[said.get('who')]) {
        await provider.interactionFinished(request, answer, { login: { accountId: PEOPLE[said.get('who')].sub } });
    } else {
        answer.setHeader('content-type', 'text/html; charset=utf-8');
        answer.end(
            '<!doctype html><html lang="en"><title>The agency</title><link rel="icon" href="data:,"><h1>The agency</h1>' +
                '<form><label>Who are you? <input name="who"></label> <button>Go on</button> ' +
                '<button name="leave" value="1">Leave</button></form>',
        );
    }
}
