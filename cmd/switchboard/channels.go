package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml"

	"switchboard/channels"
	"switchboard/channels/instagram"
	"switchboard/channels/webwidget"
	"switchboard/channels/whatsapp"
	"switchboard/chat"
)

// channelsFile is the file of SWITCHBOARD_CHANNELS. A channel that is not in it is not there.
type channelsFile struct {
	WhatsApp  *whatsapp.Config  `yaml:"whatsapp"`
	Instagram *instagram.Config `yaml:"instagram"`
	WebWidget *webwidget.Config `yaml:"webwidget"`
}

// readChannels reads the file strictly: an unknown key is an error with its line. The file's text is never quoted, it holds
// secrets.
func readChannels(path string) (channelsFile, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return channelsFile{}, fmt.Errorf("channels file: %w", err)
	}
	f, err := parseChannels(raw)
	if err != nil {
		return f, fmt.Errorf("channels file %s: %w", path, err)
	}
	return f, nil
}

func parseChannels(raw []byte) (channelsFile, error) {
	var f channelsFile
	err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&f)
	if err != nil && !errors.Is(err, io.EOF) {
		return f, errors.New(yaml.FormatError(err, false, false))
	}
	var problems []error
	if f.WhatsApp != nil {
		problems = append(problems, f.WhatsApp.Validate())
	}
	if f.Instagram != nil {
		problems = append(problems, f.Instagram.Validate())
	}
	if f.WebWidget != nil {
		problems = append(problems, f.WebWidget.Validate())
	}
	return f, errors.Join(problems...)
}

func (f channelsFile) empty() bool {
	return f.WhatsApp == nil && f.Instagram == nil && f.WebWidget == nil
}

// adapters is the set of channels of a process. Adding a channel to Switchboard is one package and one line here.
func (f channelsFile) adapters(key []byte) (*channels.Set, error) {
	var list []channels.Adapter
	var problems []error
	add := func(a channels.Adapter, err error) {
		list, problems = append(list, a), append(problems, err)
	}
	if f.WhatsApp != nil {
		add(whatsapp.New(*f.WhatsApp))
	}
	if f.Instagram != nil {
		add(instagram.New(*f.Instagram))
	}
	if f.WebWidget != nil {
		add(webwidget.New(*f.WebWidget, key))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return channels.NewSet(list...)
}

// accountNames is what agents call the numbers, accounts and widgets.
func (f channelsFile) accountNames() func(chat.Channel, string) string {
	names := map[chat.Channel]map[string]string{chat.WhatsApp: {}, chat.Instagram: {}, chat.WebWidget: {}}
	if f.WhatsApp != nil {
		for _, n := range f.WhatsApp.Numbers {
			names[chat.WhatsApp][n.ID] = n.Name
		}
	}
	if f.Instagram != nil {
		for _, a := range f.Instagram.Accounts {
			names[chat.Instagram][a.ID] = a.Name
		}
	}
	if f.WebWidget != nil {
		for _, w := range f.WebWidget.Widgets {
			names[chat.WebWidget][w.ID] = w.Name
		}
	}
	return func(channel chat.Channel, account string) string {
		if name := names[channel][account]; name != "" {
			return name
		}
		return account
	}
}
