package cluster

import (
	"context"
	"fmt"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/carto-run/carto/test/harness"
)

// What the plugin installs: the account has the roles that the agent gets everywhere.
const (
	namespace = "carto-system"
	account   = "carto-agent"
)

// startAgent runs bin/agent as its service account and waits until it is ready.
func (c *Cluster) startAgent(ctx context.Context) error {
	kubeconfig, err := c.agentKubeconfig(ctx)
	if err != nil {
		return err
	}
	if c.agent, err = harness.StartAgent(kubeconfig, filepath.Join(c.Dir, "agent.log")); err != nil {
		return err
	}
	return c.agent.AwaitReady(ctx)
}

func (c *Cluster) agentKubeconfig(ctx context.Context) (string, error) {
	hours := int64(24 * 60 * 60)
	token, err := c.Client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &hours}}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("get a token for the agent: %w", err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["carto"] = &clientcmdapi.Cluster{Server: c.Server, CertificateAuthority: c.Config.CAFile, CertificateAuthorityData: c.Config.CAData}
	config.AuthInfos[account] = &clientcmdapi.AuthInfo{Token: token.Status.Token}
	config.Contexts["carto"] = &clientcmdapi.Context{Cluster: "carto", AuthInfo: account}
	config.CurrentContext = "carto"
	path := filepath.Join(c.Dir, "agent.kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return "", fmt.Errorf("write the agent's kubeconfig: %w", err)
	}
	return path, nil
}
