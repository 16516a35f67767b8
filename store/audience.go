package store

import "switchboard/chat"

// within is the condition that leaves in a list what a scope admits.
func within(scope chat.Scope) []Condition {
	if scope.Everything() {
		return nil
	}
	return []Condition{{Path: "audience", Is: In, Value: scope.Keys()}}
}
