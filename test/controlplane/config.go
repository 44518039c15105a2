package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	loopback       = "127.0.0.1"
	serviceRange   = "10.0.0.0/16"
	firstServiceIP = "10.0.0.1"
)

// auditPolicy makes one line of every request: the stage in which it ends, or, for a watch, the one in which it starts.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  verbs: [watch]
  omitStages: [RequestReceived, ResponseComplete]
- level: Metadata
`

// paths are the files of one control plane.
type paths struct {
	root string
}

func (p paths) file(parts ...string) string {
	return filepath.Join(append([]string{p.root}, parts...)...)
}
func (p paths) log(component string) string        { return p.file("logs", component+".log") }
func (p paths) ca() string                         { return p.file("pki", "ca.crt") }
func (p paths) signingKey() string                 { return p.file("pki", "sa.key") }
func (p paths) auditPolicy() string                { return p.file("audit-policy.yaml") }
func (p paths) kubeconfig(component string) string { return p.file("pki", component+".kubeconfig") }
func (p paths) certificate(name string) (cert, key string) {
	return p.file("pki", name+".crt"), p.file("pki", name+".key")
}

func url(scheme string, port int) string {
	return scheme + "://" + net.JoinHostPort(loopback, strconv.Itoa(port))
}

// writeConfig writes all that the components read from files, and returns the administrator's kubeconfig, which is only
// published when everything is ready.
func writeConfig(p paths, server string) (*clientcmdapi.Config, error) {
	for _, dir := range []string{"logs", "pki"} {
		if err := os.MkdirAll(p.file(dir), 0o700); err != nil {
			return nil, fmt.Errorf("prepare the data directory: %w", err)
		}
	}
	ca, err := newAuthority()
	if err != nil {
		return nil, err
	}
	serving, err := ca.server()
	if err != nil {
		return nil, err
	}
	kubelet, err := ca.client("kube-apiserver-kubelet-client", "system:masters")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{p.ca(): ca.certPEM, p.auditPolicy(): []byte(auditPolicy)}
	for name, pair := range map[string]keyPair{apiServerName: serving, "kubelet-client": kubelet} {
		cert, key := p.certificate(name)
		files[cert], files[key] = pair.cert, pair.key
	}
	for _, component := range []string{controllerManagerName, schedulerName} {
		config, err := newKubeconfig(ca, server, "system:"+component)
		if err != nil {
			return nil, err
		}
		data, err := clientcmd.Write(*config)
		if err != nil {
			return nil, fmt.Errorf("encode the kubeconfig of %s: %w", component, err)
		}
		files[p.kubeconfig(component)] = data
	}
	for path, data := range files {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, fmt.Errorf("prepare the data directory: %w", err)
		}
	}
	if err := ensureSigningKey(p.signingKey()); err != nil {
		return nil, err
	}
	return newKubeconfig(ca, server, "admin", "system:masters")
}

func newKubeconfig(ca *authority, server, user string, groups ...string) (*clientcmdapi.Config, error) {
	pair, err := ca.client(user, groups...)
	if err != nil {
		return nil, err
	}
	const name = "carto-controlplane"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca.certPEM}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{ClientCertificateData: pair.cert, ClientKeyData: pair.key}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: user}
	config.CurrentContext = name
	return config, nil
}
