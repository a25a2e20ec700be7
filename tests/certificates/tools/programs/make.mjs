// Makes a set of certificates as the documentation of npm's packages does: roots.pem, chain.pem.

import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";

const [, , packages, set] = process.argv;
const require = createRequire(`${packages}/`);
const write = (roots, chain = roots) => {
  writeFileSync("roots.pem", roots);
  writeFileSync("chain.pem", chain);
};

/** As in the README of node-forge. */
function forge(subject, issuer, key, signer, extensions) {
  const forge = require("node-forge");
  const cert = forge.pki.createCertificate();
  cert.publicKey = key.publicKey;
  cert.serialNumber = "01";
  cert.validity.notBefore = new Date();
  cert.validity.notAfter = new Date();
  cert.validity.notAfter.setFullYear(cert.validity.notBefore.getFullYear() + 1);
  const attributes = (commonName) => [
    { name: "commonName", value: commonName },
    { name: "countryName", value: "US" },
    { shortName: "ST", value: "Virginia" },
    { name: "localityName", value: "Blacksburg" },
    { name: "organizationName", value: "Test" },
    { shortName: "OU", value: "Test" },
  ];
  cert.setSubject(attributes(subject));
  cert.setIssuer(attributes(issuer));
  cert.setExtensions(extensions);
  cert.sign(signer.privateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(cert);
}

/** The extensions of that README. */
const README = [
  { name: "basicConstraints", cA: true },
  {
    name: "keyUsage",
    keyCertSign: true,
    digitalSignature: true,
    nonRepudiation: true,
    keyEncipherment: true,
    dataEncipherment: true,
  },
  { name: "extKeyUsage", serverAuth: true, clientAuth: true, codeSigning: true, emailProtection: true, timeStamping: true },
  { name: "nsCertType", client: true, server: true, email: true, objsign: true, sslCA: true, emailCA: true, objCA: true },
  {
    name: "subjectAltName",
    altNames: [
      { type: 6, value: "http://example.org/webid#me" },
      { type: 2, value: "a.example" },
      { type: 7, ip: "127.0.0.1" },
    ],
  },
  { name: "subjectKeyIdentifier" },
];

const keys = () => require("node-forge").pki.rsa.generateKeyPair({ bits: 2048 });

const SETS = {
  forge_self_signed() {
    const key = keys();
    write(forge("a.example", "a.example", key, key, README));
  },
  forge_authority() {
    const [root, key] = [keys(), keys()];
    const names = { name: "subjectAltName", altNames: [{ type: 2, value: "a.example" }] };
    write(
      forge("My CA", "My CA", root, root, [{ name: "basicConstraints", cA: true }]),
      forge("a.example", "My CA", key, root, [names]),
    );
  },
  async mkcert() {
    const { createCA, createCert } = await import(require.resolve("mkcert"));
    const organization = { organization: "Hello CA", countryCode: "NP", state: "Bagmati", locality: "Kathmandu" };
    const ca = await createCA({ ...organization, validity: 365 });
    const cert = await createCert({ ca, domains: ["127.0.0.1", "a.example"], validity: 365 });
    write(ca.cert, cert.cert);
  },
  async selfsigned() {
    const made = await require("selfsigned").generate([{ name: "commonName", value: "a.example" }], { algorithm: "sha256" });
    write(made.cert);
  },
  async selfsigned_defaults() {
    write((await require("selfsigned").generate()).cert);
  },
  selfsigned_2() {
    // As webpack's development server calls it.
    const extensions = [
      { name: "basicConstraints", cA: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, keyEncipherment: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }, { type: 2, value: "a.example" }] },
    ];
    const attributes = [{ name: "commonName", value: "localhost" }];
    write(require("selfsigned-2").generate(attributes, { algorithm: "sha256", days: 30, keySize: 2048, extensions }).cert);
  },
};

await SETS[set]();
