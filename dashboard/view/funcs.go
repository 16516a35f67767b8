package view

import (
	"fmt"
	"html/template"
)

// Funcs are the functions templates may call. assetURL finds an asset's hashed address.
func Funcs(assetURL func(string) (string, error)) map[string]any {
	return map[string]any{
		"asset":   assetURL,
		"pair":    pair,
		"csrf":    func(token string) template.HTMLAttr { return csrfHeader(token) },
		"version": Version,
	}
}

// pair hands two values to a partial.
func pair(a, b any) struct{ A, B any } { return struct{ A, B any }{a, b} }

// csrfHeader is the attribute that makes htmx send the token with every request. The token is ours (letters and digits);
// anything else is refused, so that nothing from outside can become markup.
func csrfHeader(token string) template.HTMLAttr {
	for _, r := range token {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return ""
		}
	}
	return template.HTMLAttr(fmt.Sprintf(`hx-headers:inherited='{"X-CSRF-Token":"%s"}'`, token))
}

// AvatarOf is the avatar of a person by id and name.
func AvatarOf(id, name string) Avatar { return avatar(id, name, nil) }
