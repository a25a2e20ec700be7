// Certificates by Go: `make SET` makes roots.pem and chain.pem here; `verify` reads a line for each question, a folder and a
// server's name (or nothing, for a client), and answers with a line: nothing, or why it is refused.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

func parseURL(text string) (*url.URL, error) { return url.Parse(text) }

func certificates(path string) ([]*x509.Certificate, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found []*x509.Certificate
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			return found, nil
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		found = append(found, certificate)
	}
}

func verify(folder, name string) error {
	roots, err := certificates(filepath.Join(folder, "roots.pem"))
	if err != nil {
		return err
	}
	chain, err := certificates(filepath.Join(folder, "chain.pem"))
	if err != nil {
		return err
	}
	if len(chain) == 0 {
		return errors.New("there is no certificate")
	}
	options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool()}
	for _, root := range roots {
		options.Roots.AddCert(root)
	}
	for _, certificate := range chain[1:] {
		options.Intermediates.AddCert(certificate)
	}
	if name == "" {
		options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	} else if net.ParseIP(name) != nil {
		name = "[" + name + "]"
	}
	options.DNSName = name
	_, err = chain[0].Verify(options)
	return err
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "make" {
		sets[os.Args[2]]()
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		folder, name, _ := strings.Cut(lines.Text(), "\t")
		answer := ""
		if err := verify(folder, name); err != nil {
			answer = strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(answer)
	}
}
