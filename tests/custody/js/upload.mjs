// Uploads one file with tus-js-client as it was told on standard input (JSON), and says how it went on standard output (JSON).
//
//   endpoint, token, file, metadata   what goes where
//   chunkSize                         bytes a request, or none for one request
//   interruptAt                       offsets at each of which the upload is aborted once and then resumed
//   forget                            true: resume from the address as a new Upload, as after a reload of the page
//   withCreation                      true: send the first bytes along with the creation (uploadDataDuringCreation)

import fs from "node:fs";
import * as tus from "tus-js-client";

const told = JSON.parse(fs.readFileSync(0, "utf8"));
const size = fs.statSync(told.file).size;
const interruptions = [...(told.interruptAt ?? [])];
const requests = [];
let resumed = 0;

function start(url) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(fs.createReadStream(told.file), {
      endpoint: told.endpoint,
      uploadUrl: url,
      uploadSize: size,
      chunkSize: told.chunkSize ?? Infinity,
      parallelUploads: 1,
      uploadDataDuringCreation: told.withCreation ?? false,
      retryDelays: [0, 100, 500, 1000],
      headers: { Authorization: `Bearer ${told.token}` },
      metadata: told.metadata,
      onAfterResponse: (request, response) => {
        requests.push([request.getMethod(), response.getStatus(), response.getHeader("Upload-Offset")]);
      },
      onProgress: (sent) => {
        if (interruptions.length > 0 && sent >= interruptions[0] && upload.url) {
          interruptions.shift();
          upload.abort().then(() => resolve({ interrupted: true, upload }), reject);
        }
      },
      onSuccess: () => resolve({ interrupted: false, upload }),
      onError: reject,
    });
    upload.start();
  });
}

// Once aborted, the same object goes on with start(); its promise needs new callbacks.
function goOn(upload) {
  return new Promise((resolve, reject) => {
    upload.options.onSuccess = () => resolve({ interrupted: false, upload });
    upload.options.onError = reject;
    upload.options.onProgress = (sent) => {
      if (interruptions.length > 0 && sent >= interruptions[0]) {
        interruptions.shift();
        upload.abort().then(() => resolve({ interrupted: true, upload }), reject);
      }
    };
    upload.start();
  });
}

try {
  let now = await start(null);
  while (now.interrupted) {
    resumed += 1;
    now = told.forget ? await start(now.upload.url) : await goOn(now.upload);
  }
  console.log(JSON.stringify({ ok: true, url: now.upload.url, resumed, requests }));
} catch (error) {
  const status = error.originalResponse?.getStatus() ?? null;
  console.log(JSON.stringify({ ok: false, status, error: String(error), resumed, requests }));
  process.exitCode = 1;
}
