#!/bin/sh
# A command-line client for Message Contacts, for any POSIX shell with curl and jq.
#
#   contacts.sh add Tom tom@example.com 86-13900001234
#   contacts.sh list
#   contacts.sh add-type c-qL4HqKONzOM7b2Xd SECURITY_MESSAGE
#   contacts.sh send-code c-qL4HqKONzOM7b2Xd tom@example.com
#   contacts.sh confirm c-qL4HqKONzOM7b2Xd tom@example.com 123456
#   contacts.sh delete c-qL4HqKONzOM7b2Xd
#
# The environment: URL of the service, and DIRECTORY of the contacts.
set -eu
url=${URL:-http://127.0.0.1:8080}
directory=${DIRECTORY:-development}
timeout_seconds=5
max_attempts=3
# Limits over time ask for longer waits; those are for people to decide.
max_wait_seconds=10
page_size=10

# call OPERATION REQUEST: prints the response. Fails with the answer in $answer.
call() {
  answer=$(curl --silent --show-error --fail-with-body --max-time "$timeout_seconds" \
    -H 'content-type: application/json' -H "x-resource-directory-id: $directory" \
    --data-binary "$2" "$url/messagecontacts.v1.MessageContactService/$1" 2>/dev/null)
}

# detail KIND FILTER: prints a part of a detail of the refusal; nothing if it has none of this kind.
detail() {
  printf '%s' "$answer" | jq -r "try (.details[]? | select(.type == \"google.rpc.$1\").debug | $2 // empty)" 2>/dev/null
}

# repeat OPERATION REQUEST: repeats a call where RetryInfo says how long to wait. For calls that are safe to repeat.
repeat() {
  attempt=1
  until call "$1" "$2"; do
    wait=$(detail RetryInfo .retryDelay | sed 's/[.s].*//')
    if [ -z "$wait" ] || [ "$wait" -gt "$max_wait_seconds" ] || [ "$attempt" -ge "$max_attempts" ]; then refuse; fi
    sleep $(((wait + 1) * attempt))
    attempt=$((attempt + 1))
  done
}

refuse() {
  reason=$(detail ErrorInfo .reason)
  {
    printf 'error: %s: %s\n' "${reason:-no answer}" "$(printf '%s' "$answer" | jq -r .message 2>/dev/null)"
    detail BadRequest '.fieldViolations[] | "  \(.field): \(.description)"'
    detail ErrorInfo '"  request id: \(.metadata.requestId)"'
  } >&2
  exit 1
}

# show FILTER: one line for each contact of the answer.
show() {
  printf '%s' "$answer" | jq -r "$1"' | [.contactId, .name, .emailAddress,
    (.status | ltrimstr("MESSAGE_CONTACT_STATUS_")),
    (.messageTypes | map(ltrimstr("MESSAGE_TYPE_")) | join(","))] | join(" ")'
}

add() {
  # With a token, a repeated call returns the contact of the first one and adds no second contact.
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  repeat AddMessageContact "$(jq -n --arg name "$1" --arg email "$2" --arg phone "$3" --arg token "$token" \
    '{name: $name, emailAddress: $email, phoneNumber: $phone, title: "TITLE_OTHER",
      messageTypes: ["MESSAGE_TYPE_SERVICE_MESSAGE"], clientToken: $token}')"
  show .contact
}

list() {
  page_token=
  while :; do
    repeat ListMessageContacts "$(jq -n --argjson size "$page_size" --arg token "$page_token" \
      '{pageSize: $size, pageToken: $token}')"
    show '.contacts[]?'
    page_token=$(printf '%s' "$answer" | jq -r '.nextPageToken // empty')
    [ -n "$page_token" ] || return 0
  done
}

add_type() {
  attempt=1
  while :; do
    call GetMessageContact "$(jq -n --arg id "$1" '{contactId: $id}')" || refuse
    # Only one field is changed, and only if nobody else has changed the contact after it was read.
    request=$(printf '%s' "$answer" | jq --arg type "MESSAGE_TYPE_$2" \
      '.contact | {contactId, messageTypes: (.messageTypes + [$type]), updateMask: "messageTypes", etag}')
    if call UpdateMessageContact "$request"; then break; fi
    if [ "$(detail ErrorInfo .reason)" != ETAG_MISMATCH ] || [ "$attempt" -ge "$max_attempts" ]; then refuse; fi
    attempt=$((attempt + 1))
  done
  show .contact
}

send_code() {
  call SendEmailVerificationForMessageContact \
    "$(jq -n --arg id "$1" --arg email "$2" '{contactId: $id, emailAddress: $email}')" || refuse
  printf 'The code is valid until %s.\n' "$(printf '%s' "$answer" | jq -r .expireDate)"
}

confirm() {
  call ConfirmMessageContactVerification \
    "$(jq -n --arg id "$1" --arg email "$2" --arg code "$3" '{contactId: $id, emailAddress: $email, code: $code}')" ||
    refuse
  show .contact
}

delete() {
  repeat DeleteMessageContact "$(jq -n --arg id "$1" '{contactId: $id}')"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  add) add "$1" "$2" "$3" ;;
  list) list ;;
  add-type) add_type "$1" "$2" ;;
  send-code) send_code "$1" "$2" ;;
  confirm) confirm "$1" "$2" "$3" ;;
  delete) delete "$1" ;;
  *)
    sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
