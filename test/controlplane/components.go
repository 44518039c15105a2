package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// component is one program of the control plane: how it is started, when it counts as ready, and how long it may take to
// stop by itself.
type component struct {
	name  string
	args  []string
	ready func(context.Context) error
	grace time.Duration
}

// components lists the programs in the order in which they start; they stop in the opposite order. Flags keep production's
// defaults, priority and fairness included, unless something here says why not. Left alone, etcd and the API server would wait
// for their clients' watches to end by themselves, a minute and more; nobody here is served by that.
func components(opts options, p paths, ports ports, client kubernetes.Interface) []component {
	verbosity := "--v=" + strconv.Itoa(opts.verbosity)
	list := []component{
		{name: etcdName, args: etcdArgs(p, ports), ready: etcdReady(ports), grace: time.Second},
		{name: apiServerName, args: append(apiServerArgs(opts, p, ports), verbosity), ready: apiServerReady(client), grace: 2 * time.Second},
		{name: controllerManagerName, args: append(controllerManagerArgs(p), verbosity), ready: controllersReady(client), grace: 3 * time.Second},
		{name: schedulerName, args: append(schedulerArgs(p, ports), verbosity), ready: schedulerReady(p, ports), grace: 3 * time.Second},
	}
	for i := range list {
		list[i].args = append(list[i].args, opts.extraArgs[list[i].name]...)
	}
	return list
}

// sharePort is the flag of the programs of Kubernetes.
const sharePort = "--permit-port-sharing"

func etcdArgs(p paths, ports ports) []string {
	client, peer := url("http", ports.etcd), url("http", ports.etcdPeer)
	args := []string{
		"--name=default",
		"--data-dir=" + p.file("etcd"),
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=default=" + peer,
		"--unsafe-no-fsync", // the data need not survive a crash of the machine
		"--quota-backend-bytes=" + strconv.Itoa(8<<30),
		"--log-level=warn",
	}
	return append(args, ports.sharing(ports.etcd, "--socket-reuse-port")...)
}

func apiServerArgs(opts options, p paths, ports ports) []string {
	cert, key := p.certificate(apiServerName)
	kubeletCert, kubeletKey := p.certificate("kubelet-client")
	args := []string{
		"--etcd-servers=" + url("http", ports.etcd),
		"--bind-address=" + loopback,
		"--secure-port=" + strconv.Itoa(ports.apiServer),
		// Without these two it looks for an address that other machines can reach, which there need not be.
		"--advertise-address=" + loopback,
		"--endpoint-reconciler-type=none",
		"--client-ca-file=" + p.ca(),
		"--tls-cert-file=" + cert,
		"--tls-private-key-file=" + key,
		"--kubelet-client-certificate=" + kubeletCert,
		"--kubelet-client-key=" + kubeletKey,
		"--kubelet-preferred-address-types=InternalIP,Hostname", // nobody resolves the names of test nodes
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + p.signingKey(),
		"--service-account-signing-key-file=" + p.signingKey(),
		"--service-cluster-ip-range=" + serviceRange,
		"--authorization-mode=RBAC",
		"--allow-privileged=true",
	}
	args = append(args, ports.sharing(ports.apiServer, sharePort)...)
	if opts.auditLog != "" {
		args = append(args,
			"--audit-policy-file="+p.auditPolicy(),
			"--audit-log-path="+opts.auditLog,
			"--audit-log-maxsize=100000", // MB: a rotated log could not be counted
		)
	}
	return args
}

func controllerManagerArgs(p paths) []string {
	return []string{
		"--kubeconfig=" + p.kubeconfig(controllerManagerName),
		"--root-ca-file=" + p.ca(),
		"--service-account-private-key-file=" + p.signingKey(),
		"--use-service-account-credentials",
		"--leader-elect=false",
		"--secure-port=0",
		// The default of 20 requests a second is for clusters of many masters; here it would only make tests wait for
		// their namespaces to be emptied.
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		"--concurrent-gc-syncs=10",
	}
}

func schedulerArgs(p paths, ports ports) []string {
	cert, key := p.certificate(apiServerName) // good for every server on loopback
	args := []string{
		"--kubeconfig=" + p.kubeconfig(schedulerName),
		"--leader-elect=false",
		"--bind-address=" + loopback,
		"--secure-port=" + strconv.Itoa(ports.scheduler), // for /readyz only
		"--tls-cert-file=" + cert,
		"--tls-private-key-file=" + key,
	}
	return append(args, ports.sharing(ports.scheduler, sharePort)...)
}

func etcdReady(ports ports) func(context.Context) error {
	return func(ctx context.Context) error {
		return getOK(ctx, http.DefaultClient, url("http", ports.etcd)+"/health")
	}
}

func schedulerReady(p paths, ports ports) func(context.Context) error {
	return func(ctx context.Context) error {
		ca, err := os.ReadFile(p.ca())
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(ca)
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}
		return getOK(ctx, &http.Client{Transport: transport}, url("https", ports.scheduler)+"/readyz")
	}
}

func getOK(ctx context.Context, client *http.Client, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", req.URL.Path, resp.Status)
	}
	return nil
}

func apiServerReady(client kubernetes.Interface) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err
	}
}

// controllersReady asks for something that only running controllers make. Pods cannot be created without it either.
func controllersReady(client kubernetes.Interface) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return errors.New("there is no default service account yet")
		}
		return err
	}
}
