package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secretKey is the installation's key: the configured one or, in embedded mode, one that is made at the first start and
// kept in the data directory for nobody else to read.
func secretKey(c *config) ([]byte, error) {
	if c.SecretKey != "" {
		return []byte(c.SecretKey), nil
	}
	path := filepath.Join(c.DataDir, "secret.key")
	kept, err := os.ReadFile(path)
	if err == nil {
		key := strings.TrimSpace(string(kept))
		if len(key) < minKey {
			return nil, fmt.Errorf("%s is too short to be a key: restore it from a backup, or remove it to get a new one (signed-in visitors start anew)", path)
		}
		return []byte(key), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read secret key: %w", err)
	}
	return makeKey(path)
}

// makeKey writes the key beside its place and moves it there, so that a crash leaves none or a whole one.
func makeKey(path string) ([]byte, error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return nil, fmt.Errorf("make secret key: %w", err)
	}
	key := hex.EncodeToString(raw)
	if err := os.WriteFile(path+".new", []byte(key+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("keep secret key: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return nil, fmt.Errorf("keep secret key: %w", err)
	}
	return []byte(key), nil
}
