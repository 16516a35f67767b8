package main

import (
	"context"
	"net"
	"net/url"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard"
	"switchboard/dashboard/sso"
)

// callbackPath is where the provider sends people back to.
const callbackPath = "/login/sso/callback"

// checkSignOn reports what is wrong with the settings of single sign-on, of which all or none are there.
func (c *config) checkSignOn() []error {
	var found []error
	if c.OIDCIssuer == "" {
		if c.OIDCClientID != "" || c.OIDCClientSecret != "" || c.OIDCRedirectURL != "" || len(c.OIDCAllowedDomains) > 0 || c.OIDCDefaultRole != "" {
			found = append(found, problem("OIDC_ISSUER", "is not set, and the other OIDC settings need it: set it to the address of your provider"))
		}
		return found
	}
	if c.OIDCClientID == "" {
		found = append(found, problem("OIDC_CLIENT_ID", "is not set: register Switchboard at your provider and copy the client id"))
	}
	if !safeAddress(c.OIDCIssuer) {
		found = append(found, problem("OIDC_ISSUER", "%q is not an https address: write it as the provider does, for example https://login.example.com", c.OIDCIssuer))
	}
	if c.OIDCRedirectURL != "" && (!safeAddress(c.OIDCRedirectURL) || !strings.HasSuffix(c.OIDCRedirectURL, callbackPath)) {
		found = append(found, problem("OIDC_REDIRECT_URL", "%q does not lead back here: write https://your.host%s", c.OIDCRedirectURL, callbackPath))
	}
	if c.OIDCDefaultRole != "" {
		if err := oneOf("OIDC_DEFAULT_ROLE", c.OIDCDefaultRole, string(chat.RoleAgent), string(chat.RoleSupervisor)); err != nil {
			found = append(found, err)
		}
	}
	return found
}

// safeAddress tells addresses nobody on the way can change: https, or this machine.
func safeAddress(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// signOn is the configured provider.
func (c *config) signOn() *sso.Provider {
	return sso.New(sso.Config{
		Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, ClientSecret: string(c.OIDCClientSecret), RedirectURL: c.OIDCRedirectURL, AllowedDomains: c.OIDCAllowedDomains,
	})
}

// singleSignOn is signOn for the dashboard: no provider is no interface.
func (c *config) singleSignOn() dashboard.SingleSignOn {
	if c.OIDCIssuer == "" {
		return nil
	}
	return c.signOn()
}

// checkIssuer asks the provider of single sign-on whether it is one.
func checkIssuer(ctx context.Context, c *config) []finding {
	const check = "single sign-on"
	if c.OIDCIssuer == "" || !c.has(roleDashboard) {
		return nil
	}
	if err := c.signOn().Check(ctx); err != nil {
		return []finding{fail(check, "open "+strings.TrimSuffix(c.OIDCIssuer, "/")+"/.well-known/openid-configuration from this machine: its issuer must be exactly "+envPrefix+"OIDC_ISSUER", "%v", err)}
	}
	found := []finding{fine(check, "%s answers", c.OIDCIssuer)}
	if c.OIDCDefaultRole != "" && len(c.OIDCAllowedDomains) == 0 {
		found = append(found, warn(check, "set "+envPrefix+"OIDC_ALLOWED_DOMAINS to your own", "whoever has an account there becomes %s here", c.OIDCDefaultRole))
	}
	return found
}
