// Shows the service's OpenAPI document; without a validator, which would be somebody else's server.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
