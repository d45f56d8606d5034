// An OpenID provider that lets in whoever the address names (?login_hint= is not needed: the account is the PERSON of
// the environment), so that the tests need no browser. Prints its address when it answers; ends with its standard input.
//
//   PERSON='{"sub":"1","preferred_username":"ann","groups":["police"]}' node provider.mjs REDIRECT_URI
import { createServer } from 'node:http';
import process from 'node:process';
import Provider from 'oidc-provider';

const redirect = process.argv[2];
const server = createServer();
server.listen(0, '127.0.0.1', () => {
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const provider = make(issuer);
    server.on('request', (request, answer) => {
        const path = new URL(request.url, issuer).pathname;
        if (path.startsWith('/interaction/')) {
            letIn(provider, request, answer).catch((error) => {
                answer.statusCode = 500;
                answer.end(String(error));
            });
            return;
        }
        provider.callback()(request, answer);
    });
    console.log(issuer);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

function make(issuer) {
    const person = JSON.parse(process.env.PERSON);
    return new Provider(issuer, {
        clients: [
            {
                client_id: 'onrecord',
                client_secret: 'a secret of the tests',
                redirect_uris: [redirect],
                response_types: ['code'],
                grant_types: ['authorization_code'],
            },
        ],
        claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email'] },
        cookies: { keys: ['a key of the tests'] },
        features: { devInteractions: { enabled: false } },
        pkce: { required: () => true },
        findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...person, sub: id }) }),
        interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    });
}

// What a person would do in forms: sign in, and agree.
async function letIn(provider, request, answer) {
    const details = await provider.interactionDetails(request, answer);
    const person = JSON.parse(process.env.PERSON);
    if (details.prompt.name === 'login') {
        await provider.interactionFinished(request, answer, { login: { accountId: person.sub } });
        return;
    }
    const grant = new provider.Grant({ accountId: person.sub, clientId: details.params.client_id });
    grant.addOIDCScope('openid profile email');
    await provider.interactionFinished(request, answer, { consent: { grantId: await grant.save() } });
}
