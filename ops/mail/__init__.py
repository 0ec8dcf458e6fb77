"""Mail, looked at from outside: what SES still needs, DNS records, a test mail, what did not arrive."""
