package main

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "example.com/peer/contactspb/messagecontacts/v1"
)

// contact is a contact as it is stored.
type contact struct {
	ID           string     `bson:"_id"`
	DirectoryID  string     `bson:"directoryId"`
	Slot         int        `bson:"slot"`
	Name         string     `bson:"name"`
	Email        address    `bson:"email"`
	Phone        address    `bson:"phone"`
	Title        string     `bson:"title"`
	MessageTypes []string   `bson:"messageTypes"`
	CreateDate   time.Time  `bson:"createDate"`
	UpdateDate   time.Time  `bson:"updateDate"`
	Revision     int        `bson:"revision"`
	Version      int        `bson:"version"`
	LastWrite    writeStamp `bson:"lastWrite"`
}

type address struct {
	Address    string     `bson:"address"`
	VerifyDate *time.Time `bson:"verifyDate,omitempty"`
	Pending    string     `bson:"pending,omitempty"`
}

type writeStamp struct {
	RequestID string    `bson:"requestId"`
	Operation string    `bson:"operation"`
	Caller    string    `bson:"caller"`
	Date      time.Time `bson:"date"`
}

const (
	titlePrefix = "TITLE_"
	typePrefix  = "MESSAGE_TYPE_"
)

// newContactID gives c- and 16 random characters.
func newContactID() string {
	return "c-" + rand.Text()[:16]
}

// message gives the contact as callers see it.
func (c *contact) message() *pb.MessageContact {
	message := &pb.MessageContact{
		ContactId:           c.ID,
		Name:                c.Name,
		EmailAddress:        c.Email.Address,
		PhoneNumber:         c.Phone.Address,
		Title:               pb.Title(pb.Title_value[titlePrefix+c.Title]),
		Status:              pb.MessageContactStatus_MESSAGE_CONTACT_STATUS_VERIFYING,
		CreateDate:          timestamppb.New(c.CreateDate),
		UpdateDate:          timestamppb.New(c.UpdateDate),
		Etag:                fmt.Sprintf("%q", fmt.Sprint(c.Revision)),
		EmailVerifyDate:     timestampOf(c.Email.VerifyDate),
		PhoneVerifyDate:     timestampOf(c.Phone.VerifyDate),
		PendingEmailAddress: c.Email.Pending,
		PendingPhoneNumber:  c.Phone.Pending,
	}
	for _, name := range c.MessageTypes {
		message.MessageTypes = append(message.MessageTypes, pb.MessageType(pb.MessageType_value[typePrefix+name]))
	}
	if c.Email.VerifyDate != nil || c.Phone.VerifyDate != nil {
		message.Status = pb.MessageContactStatus_MESSAGE_CONTACT_STATUS_ACTIVE
	}
	return message
}

func timestampOf(date *time.Time) *timestamppb.Timestamp {
	if date == nil {
		return nil
	}
	return timestamppb.New(*date)
}

func titleName(title pb.Title) string {
	return strings.TrimPrefix(title.String(), titlePrefix)
}

func typeName(messageType pb.MessageType) string {
	return strings.TrimPrefix(messageType.String(), typePrefix)
}
