package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	_ "embed"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// NodeOptions says where a real node lives. All is needed.
type NodeOptions struct {
	// Name is the host's.
	Name string
	// Address of the node, under which the API server reaches it.
	Address string
	// Dir is an empty folder for images, containers, volumes, configuration and logs.
	Dir string
	// Cgroup is where the control groups of pods belong, such as "/node".
	Cgroup string
	// Sandbox is the image that holds a pod's namespaces. It is to be imported before the first pod.
	Sandbox string
}

// Node is a real node: containerd and a kubelet, with a network for its pods. It takes what belongs to the whole machine: fixed
// ports, devices, /run/containerd. So it is started in a machine of its own (see test/machine), and never beside another.
type Node struct {
	options             NodeOptions
	containerd, kubelet *program
}

// nodeToken is the kubelet's. Nobody else reaches the API server of such a machine.
const nodeToken = "the-kubelets"

// ControlPlaneOptions are those of a control plane for the node: one that gives its kubelet the rights of a node only, and that
// listens where pods are told that it is, at port 443 of the first address for services. The machine has to have that address.
func (o NodeOptions) ControlPlaneOptions() (Options, error) {
	tokens := filepath.Join(o.Dir, "tokens.csv")
	line := fmt.Sprintf("%s,system:node:%s,node,system:nodes\n", nodeToken, o.Name)
	if err := os.WriteFile(tokens, []byte(line), 0o600); err != nil {
		return Options{}, fmt.Errorf("prepare the node: %w", err)
	}
	return Options{
		AuditLog: true, Scheduler: true,
		ExtraArgs: []string{
			"--port=443",
			"--apiserver-arg=--bind-address=0.0.0.0",
			"--apiserver-arg=--token-auth-file=" + tokens,
			"--apiserver-arg=--authorization-mode=Node", // besides RBAC
			"--apiserver-arg=--enable-admission-plugins=NodeRestriction",
		},
	}, nil
}

// NodeNeeds names what a node needs and this machine does not have, with what to do about it; none if all is there.
func NodeNeeds() []string {
	var missing []string
	if os.Geteuid() != 0 {
		missing = append(missing, "root: run it by sudo, or in a machine of your own")
	}
	for _, need := range []struct{ program, debian string }{
		{"containerd", "containerd"}, {"containerd-shim-runc-v2", "containerd"}, {"ctr", "containerd"}, {"runc", "runc"},
		{"ip", "iproute2"}, {"mount", "mount"},
	} {
		if _, err := exec.LookPath(need.program); err != nil {
			missing = append(missing, fmt.Sprintf("the program %s: install the package %s", need.program, need.debian))
		}
	}
	if _, err := cniFolder(); err != nil {
		missing = append(missing, err.Error()+": install the package containernetworking-plugins")
	}
	return missing
}

// cniFolder is where Debian, or most others, have the plugins that make pods' networks.
func cniFolder() (string, error) {
	for _, dir := range []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"} {
		if _, err := os.Stat(filepath.Join(dir, "host-local")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("the plugins bridge, host-local and loopback of CNI")
}

// Configurations of the node's programs, templates over nodeConfig.
var (
	//go:embed node/containerd.toml
	containerdConfig string
	//go:embed node/network.conflist
	networkConfig string
	//go:embed node/kubelet.yaml
	kubeletConfig string
)

// nodeConfig is what the configurations say of one node.
type nodeConfig struct {
	NodeOptions
	CNI, ClientCA string
}

// StartNode starts a node for a control plane of its ControlPlaneOptions, and returns when it is ready for pods. It lives until
// Stop, or until this process ends. Containers outlive it, as they do in a cluster; they end with the machine.
func (cp *ControlPlane) StartNode(ctx context.Context, options NodeOptions) (*Node, error) {
	n := &Node{options: options}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := n.start(ctx, cp); err != nil {
		return nil, errors.Join(fmt.Errorf("start a node: %w", err), n.Stop())
	}
	return n, nil
}

func (n *Node) start(ctx context.Context, cp *ControlPlane) error {
	kubelet, err := findBinary("kubelet", "CARTO_KUBELET")
	if err != nil {
		return err
	}
	if err := n.configure(cp); err != nil {
		return err
	}
	if n.containerd, err = startProgram(n.file("containerd.log"), "containerd", "--config", n.file("containerd.toml")); err != nil {
		return err
	}
	err = n.containerd.await(ctx, func() error {
		_, err := n.ctr(ctx, "version")
		return err
	})
	if err != nil {
		return fmt.Errorf("containerd: %w", err)
	}
	if n.kubelet, err = startProgram(n.file("kubelet.log"), kubelet, "--config", n.file("kubelet.yaml"),
		"--kubeconfig", n.file("kubelet.kubeconfig"), "--root-dir", n.file("kubelet"), "--node-ip", n.options.Address, "--hostname-override", n.options.Name); err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(cp.Config)
	if err != nil {
		return err
	}
	if err := n.kubelet.await(ctx, func() error { return nodeReady(ctx, client, n.options.Name) }); err != nil {
		return fmt.Errorf("kubelet: %w", err)
	}
	return nil
}

func nodeReady(ctx context.Context, client kubernetes.Interface, name string) error {
	node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue {
			return nil
		}
		if c.Type == corev1.NodeReady {
			err = errors.New(c.Message)
		}
	}
	return fmt.Errorf("it is not ready: %w", err)
}

// await calls f until it succeeds, the context or the program ends.
func (p *program) await(ctx context.Context, f func() error) error {
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("it has ended: %s: %s", p.state, p.lastLine())
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// configure writes all that the node's programs read.
func (n *Node) configure(cp *ControlPlane) error {
	cni, err := cniFolder()
	if err != nil {
		return err
	}
	config := nodeConfig{NodeOptions: n.options, CNI: cni, ClientCA: filepath.Join(cp.DataDir, "pki", "ca.crt")}
	if err := os.MkdirAll(n.file("network"), 0o755); err != nil {
		return err
	}
	for file, text := range map[string]string{
		"containerd.toml": containerdConfig, "network/10-pods.conflist": networkConfig, "kubelet.yaml": kubeletConfig,
	} {
		if err := write(n.file(file), text, config); err != nil {
			return err
		}
	}
	const name = "node"
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters[name] = &clientcmdapi.Cluster{Server: cp.Server, CertificateAuthorityData: cp.Config.CAData}
	kubeconfig.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: nodeToken}
	kubeconfig.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	kubeconfig.CurrentContext = name
	return clientcmd.WriteToFile(*kubeconfig, n.file("kubelet.kubeconfig"))
}

func write(path, text string, config nodeConfig) error {
	t, err := template.New(filepath.Base(path)).Parse(text)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(t.Execute(file, config), file.Close())
}

func (n *Node) file(name string) string { return filepath.Join(n.options.Dir, name) }

// Import gives the node an image out of an archive, so that it need not be pulled.
func (n *Node) Import(ctx context.Context, archive string) error {
	_, err := n.ctr(ctx, "--namespace", "k8s.io", "images", "import", archive)
	return err
}

func (n *Node) ctr(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "ctr", args...).CombinedOutput() //nolint:gosec // the tests' own arguments
	if err != nil {
		return "", fmt.Errorf("ctr %v: %w: %s", args, err, out)
	}
	return string(out), nil
}

// LastWords are the ends of the logs of the node's programs.
func (n *Node) LastWords() string {
	var words strings.Builder
	for _, p := range []*program{n.containerd, n.kubelet} {
		if p != nil {
			lines := strings.SplitAfter(strings.TrimSpace(p.text()), "\n")
			words.WriteString(strings.Join(lines[max(0, len(lines)-40):], "") + "\n")
		}
	}
	return words.String()
}

// Stop stops the node's programs, the kubelet first. A node that was not started is stopped already.
func (n *Node) Stop() error {
	var err error
	for _, p := range []*program{n.kubelet, n.containerd} {
		if p != nil {
			err = errors.Join(err, p.stop(10*time.Second))
		}
	}
	return err
}
