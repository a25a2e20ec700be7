package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// A certificate, and its key.
type made struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func serial() *big.Int {
	return must(rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128)))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Valid from now for a year.
func template(commonName string) x509.Certificate {
	now := time.Now()
	return x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: commonName},
		NotBefore:    now,
		NotAfter:     now.Add(365 * 24 * time.Hour),
	}
}

// Signed by issuer, or by itself.
func issue(template x509.Certificate, key crypto.Signer, issuer *made) *made {
	parent, signer := &template, key
	if issuer != nil {
		parent, signer = issuer.certificate, issuer.key
	}
	der := must(x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), signer))
	return &made{must(x509.ParseCertificate(der)), key}
}

func p256() crypto.Signer    { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }
func rsa2048() crypto.Signer { return must(rsa.GenerateKey(rand.Reader, 2048)) }

func write(path string, chain ...*made) {
	file := must(os.Create(path))
	defer file.Close()
	for _, one := range chain {
		block := pem.Block{Type: "CERTIFICATE", Bytes: one.certificate.Raw}
		if err := pem.Encode(file, &block); err != nil {
			panic(err)
		}
	}
}

func writeSelfSigned(one *made) {
	write("roots.pem", one)
	write("chain.pem", one)
}

// As generate_cert.go of Go's own crypto/tls makes it.
func generateCert(isCA bool) {
	made := template("")
	made.Subject = pkix.Name{Organization: []string{"Acme Co"}}
	made.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	made.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	made.BasicConstraintsValid = true
	made.DNSNames = []string{"a.example"}
	made.IPAddresses = []net.IP{net.ParseIP("127.0.0.1")}
	if isCA {
		made.IsCA = true
		made.KeyUsage |= x509.KeyUsageCertSign
	}
	writeSelfSigned(issue(made, rsa2048(), nil))
}

// As older versions of Kubernetes' client-go do it: one certificate, which signed itself as an authority.
func kubernetesOld() {
	made := template(fmt.Sprintf("a.example@%d", time.Now().Unix()))
	made.SerialNumber = big.NewInt(1)
	made.KeyUsage = x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign
	made.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	made.BasicConstraintsValid = true
	made.IsCA = true
	made.DNSNames = []string{"a.example"}
	writeSelfSigned(issue(made, rsa2048(), nil))
}

// As newer versions do it: an authority that is made for one server, and sent with it. Its serial number is 1, too.
func kubernetes() {
	authority := template(fmt.Sprintf("a.example-ca@%d", time.Now().Unix()))
	authority.SerialNumber = big.NewInt(1)
	authority.KeyUsage = x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign
	authority.BasicConstraintsValid = true
	authority.IsCA = true
	ca := issue(authority, rsa2048(), nil)
	server := template(fmt.Sprintf("a.example@%d", time.Now().Unix()))
	server.SerialNumber = big.NewInt(2)
	server.KeyUsage = x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	server.BasicConstraintsValid = true
	server.DNSNames = []string{"a.example"}
	write("roots.pem", ca)
	write("chain.pem", issue(server, rsa2048(), ca), ca)
}

// As kubeadm makes the authority and the server of a cluster.
func kubeadm() {
	authority := template("kubernetes")
	authority.SerialNumber = new(big.Int)
	authority.KeyUsage = x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign
	authority.BasicConstraintsValid = true
	authority.IsCA = true
	authority.DNSNames = []string{"kubernetes"}
	ca := issue(authority, rsa2048(), nil)
	server := template("kube-apiserver")
	server.KeyUsage = x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	server.DNSNames = []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "a.example"}
	server.IPAddresses = []net.IP{net.ParseIP("10.96.0.1")}
	write("roots.pem", ca)
	write("chain.pem", issue(server, rsa2048(), ca))
}

// As step-ca does it: path lengths, and an extension of its own.
func step() {
	root := template("Smallstep Root CA")
	root.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	root.BasicConstraintsValid, root.IsCA, root.MaxPathLen = true, true, 1
	ca := issue(root, p256(), nil)
	between := template("Smallstep Intermediate CA")
	between.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	between.BasicConstraintsValid, between.IsCA, between.MaxPathLenZero = true, true, true
	intermediate := issue(between, p256(), ca)
	server := template("a.example")
	server.KeyUsage = x509.KeyUsageDigitalSignature
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	server.DNSNames = []string{"a.example"}
	provisioner := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 37476, 9000, 64, 1}
	value := must(asn1.Marshal(struct {
		Type int
		Name []byte
	}{1, []byte("admin")}))
	server.ExtraExtensions = []pkix.Extension{{Id: provisioner, Value: value}}
	write("roots.pem", ca)
	write("chain.pem", issue(server, p256(), intermediate), intermediate)
}

// As Caddy's local authority does it: a server without a subject.
func caddy() {
	root := template("Caddy Local Authority - ECC Root")
	root.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	root.BasicConstraintsValid, root.IsCA, root.MaxPathLen = true, true, 1
	ca := issue(root, p256(), nil)
	between := template("Caddy Local Authority - ECC Intermediate")
	between.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	between.BasicConstraintsValid, between.IsCA, between.MaxPathLenZero = true, true, true
	intermediate := issue(between, p256(), ca)
	server := template("")
	server.KeyUsage = x509.KeyUsageDigitalSignature
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	server.DNSNames = []string{"a.example"}
	write("roots.pem", ca)
	write("chain.pem", issue(server, p256(), intermediate), intermediate)
}

// The least that a program can say and still be understood by itself.
func shortest() {
	root := x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		NotAfter: time.Now().AddDate(10, 0, 0)}
	ca := issue(root, p256(), nil)
	server := x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{"a.example"},
		NotAfter: time.Now().AddDate(10, 0, 0)}
	write("roots.pem", ca)
	write("chain.pem", issue(server, p256(), ca))
}

// A workload of a mesh, known by a URI (SPIFFE).
func mesh() {
	root := template("")
	root.Subject = pkix.Name{Organization: []string{"cluster.local"}}
	root.KeyUsage = x509.KeyUsageCertSign
	root.BasicConstraintsValid, root.IsCA = true, true
	ca := issue(root, rsa2048(), nil)
	workload := template("")
	workload.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	workload.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	workload.BasicConstraintsValid = true
	workload.URIs = append(workload.URIs, must(parseURL("spiffe://cluster.local/ns/default/sa/default")))
	write("roots.pem", ca)
	write("chain.pem", issue(workload, p256(), ca))
}

var sets = map[string]func(){
	"generate_cert":    func() { generateCert(false) },
	"generate_cert_ca": func() { generateCert(true) },
	"kubernetes_old":   kubernetesOld,
	"kubernetes":       kubernetes,
	"kubeadm":          kubeadm,
	"step":             step,
	"caddy":            caddy,
	"shortest":         shortest,
	"mesh":             mesh,
}
